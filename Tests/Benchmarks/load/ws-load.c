// SPDX-License-Identifier: Apache-2.0
// WebSocket echo load on one thread and epoll, so that the server and not the client is what is measured.
//   ws-load PORT PATH KIND CONNECTIONS DEPTH SIZE SECONDS PID
// KIND: raw (the text itself), rpc (a call of echo), resume (the same in a session that acknowledges every message), sockjs (the text in SockJS framing). DEPTH messages are in flight on each
// connection. PID is the server's process. Prints one line of JSON: messages a second, and a second of the server's processor.
#include "common.h"

enum kind { RAW, RPC, RESUME, SOCKJS };

struct link {
    int fd;
    long id;
    long heard;
    size_t have;
    unsigned char in[65536];
};

static enum kind kind;
static int depth;
static char text[4096];

// Appends one masked text frame with the link's next message.
static size_t put_message(struct link *link, unsigned char *out) {
    char payload[4400];
    int length;
    switch (kind) {
    case RPC:
        length = snprintf(payload, sizeof payload,
            "{\"jsonrpc\":\"2.0\",\"method\":\"echo\",\"params\":{\"text\":\"%s\"},\"id\":%ld}", text, link->id++);
        break;
    case RESUME:
        if (link->id == 0) {
            length = snprintf(payload, sizeof payload,
                "{\"jsonrpc\":\"2.0\",\"method\":\"connect\",\"params\":{\"resume\":{\"v\":[1],\"at\":1}},\"id\":0}");
        } else {
            length = snprintf(payload, sizeof payload,
                "{\"jsonrpc\":\"2.0\",\"method\":\"echo\",\"params\":{\"text\":\"%s\"},\"id\":%ld,\"seq\":%ld,\"rcv\":%ld}",
                text, link->id, link->id, link->heard);
        }
        link->id++;
        break;
    case SOCKJS:
        length = snprintf(payload, sizeof payload, "[\"%s\"]", text);
        break;
    default:
        length = snprintf(payload, sizeof payload, "%s", text);
    }
    static const unsigned char mask[4] = {0x37, 0xfa, 0x21, 0x3d};
    size_t head = 2;
    out[0] = 0x81;
    if (length < 126) {
        out[1] = (unsigned char)(0x80 | length);
    } else {
        out[1] = 0x80 | 126;
        out[2] = (unsigned char)(length >> 8);
        out[3] = (unsigned char)length;
        head = 4;
    }
    memcpy(out + head, mask, 4);
    head += 4;
    for (int i = 0; i < length; i++) out[head + (size_t)i] = (unsigned char)payload[i] ^ mask[i & 3];
    return head + (size_t)length;
}

// How many messages a frame carries; -1 for the frame that opens a SockJS session.
static int messages_in(const unsigned char *payload, size_t length) {
    if (kind != SOCKJS) return 1;
    if (length > 0 && payload[0] == 'o') return -1;
    if (length < 2 || payload[0] != 'a') return 0;
    int count = 1;
    for (size_t i = 2; i + 2 < length; i++) count += memcmp(payload + i, "\",\"", 3) == 0;
    return count;
}

static void readable(void *pointer) {
    struct link *link = pointer;
    ssize_t got = read(link->fd, link->in + link->have, sizeof link->in - link->have);
    if (got < 0 && errno == EAGAIN) return;
    if (got <= 0) fail("the server closed");
    link->have += (size_t)got;
    static unsigned char out[1 << 20];
    size_t used = 0, at = 0;
    while (link->have - at >= 2) {
        const unsigned char *frame = link->in + at;
        size_t head = 2, length = frame[1] & 0x7f;
        if (length == 126) {
            if (link->have - at < 4) break;
            head = 4;
            length = (size_t)frame[2] << 8 | frame[3];
        }
        if (length > 65000) fail("frame too large");
        if (link->have - at < head + length) break;
        at += head + length;
        int opcode = frame[0] & 0x0f;
        if (opcode == 8) fail("the server closed the link");
        if (opcode != 1 && opcode != 2) continue;
        if (kind == RPC && link->id == depth && !memmem(frame + head, length, "\"result\"", 8)) fail("no result");
        if (kind == RESUME) {
            // The first answer agrees, or the numbers would mean nothing.
            if (link->id == 1 && !memmem(frame + head, length, "\"token\"", 7)) fail("no agreement");
            if (memmem(frame + head, length, "\"seq\":", 6)) link->heard++;
            else if (link->id > 1) continue;
        }
        int count = messages_in(frame + head, length);
        if (count < 0) count = depth;
        else received += (unsigned long)count;
        while (count-- > 0) used += put_message(link, out + used);
    }
    memmove(link->in, link->in + at, link->have - at);
    link->have -= at;
    if (used) write_all(link->fd, out, used);
}

static void open_link(struct link *link, int port, const char *path, int number) {
    link->fd = open_socket(port);
    char request[1024];
    char session[64] = "";
    if (kind == SOCKJS) snprintf(session, sizeof session, "/000/load%dx%d/websocket", getpid(), number);
    int length = snprintf(request, sizeof request,
        "GET %s%s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n", path, session, port);
    write_all(link->fd, (unsigned char *)request, (size_t)length);
    // The head is read byte by byte, so that no frame is taken with it.
    size_t have = 0;
    char answer[4096];
    while (have < 4 || memcmp(answer + have - 4, "\r\n\r\n", 4) != 0) {
        if (have == sizeof answer || read(link->fd, answer + have, 1) != 1) fail("handshake");
        have++;
    }
    if (memcmp(answer, "HTTP/1.1 101", 12) != 0) {
        fprintf(stderr, "refused: %.*s\n", 60, answer);
        exit(1);
    }
    if (kind != SOCKJS) {
        static unsigned char out[1 << 20];
        size_t used = 0;
        for (int i = 0; i < depth; i++) used += put_message(link, out + used);
        write_all(link->fd, out, used);
    }
}

int main(int argc, char **argv) {
    if (argc != 9) {
        fprintf(stderr, "usage: ws-load PORT PATH raw|rpc|resume|sockjs CONNECTIONS DEPTH SIZE SECONDS PID\n");
        return 2;
    }
    kind = strcmp(argv[3], "rpc") == 0 ? RPC : strcmp(argv[3], "resume") == 0 ? RESUME : strcmp(argv[3], "sockjs") == 0 ? SOCKJS : RAW;
    int connections = atoi(argv[4]), size = atoi(argv[6]);
    depth = atoi(argv[5]);
    double seconds = atof(argv[7]);
    if (connections < 1 || depth < 1 || depth > 128 || size < 1 || size >= (int)sizeof text || seconds <= 0) fail("arguments");
    memset(text, 'x', (size_t)size);
    int poller = epoll_create1(EPOLL_CLOEXEC);
    struct link *links = calloc((size_t)connections, sizeof *links);
    if (!links) fail("memory");
    for (int i = 0; i < connections; i++) {
        open_link(&links[i], atoi(argv[1]), argv[2], i);
        struct epoll_event event = {.events = EPOLLIN, .data.ptr = &links[i]};
        epoll_ctl(poller, EPOLL_CTL_ADD, links[i].fd, &event);
    }
    return measure(poller, seconds, argv[8], readable);
}
