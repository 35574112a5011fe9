// SPDX-License-Identifier: Apache-2.0
// SockJS echo load over xhr_streaming and xhr_send on one thread and epoll.
//   xhr-load PORT SERVICE CLIENTS SIZE SECONDS PID
// Each client has two connections, kept alive: one streams, one sends. One message is in flight per client; the next goes out
// when the last was both accepted and echoed. Prints the report of common.h.
#include "common.h"

struct client;

struct end {
    struct client *client;
    int fd, streams;
};

struct client {
    struct end stream, sender;
    char path[256];
    int opened, waiting;
};

static int port, message_length;
static char body[4200];

static void post(struct client *client, struct end *end, const char *name, const char *content, int length) {
    char request[8192];
    int size = snprintf(request, sizeof request,
        "POST %s/%s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n\r\n%.*s",
        client->path, name, port, length, length, content);
    write_all(end->fd, (unsigned char *)request, (size_t)size);
}

static void send_next(struct client *client) {
    client->waiting = 2;
    post(client, &client->sender, "xhr_send", body, message_length);
}

static void done(struct client *client) {
    if (--client->waiting == 0) send_next(client);
}

static int count(const unsigned char *bytes, size_t length, const char *what, size_t size) {
    int found = 0;
    for (const unsigned char *at = bytes; (at = memmem(at, length - (size_t)(at - bytes), what, size)); at += size) found++;
    return found;
}

// Neither heads nor the messages of this load contain what is searched for here.
static void streamed(struct client *client, const unsigned char *bytes, size_t length) {
    int frames = count(bytes, length, "a[\"", 3);
    if (!client->opened && count(bytes, length, "o\n", 2) > 0) {
        client->opened = 1;
        send_next(client);
    }
    if (frames > 1) fail("more echoes than messages");
    if (frames == 1) {
        received++;
        done(client);
    }
    if (count(bytes, length, "c[", 2) > 0) fail("the server closed the session");
    // The response reached its limit: ask for the next.
    if (length >= 5 && memcmp(bytes + length - 5, "0\r\n\r\n", 5) == 0) post(client, &client->stream, "xhr_streaming", "", 0);
}

static void readable(void *pointer) {
    struct end *end = pointer;
    unsigned char bytes[65536];
    ssize_t got = read(end->fd, bytes, sizeof bytes);
    if (got < 0 && errno == EAGAIN) return;
    if (got <= 0) fail("the server closed a connection");
    if (end->streams) {
        streamed(end->client, bytes, (size_t)got);
    } else if (got >= 13 && memcmp(bytes, "HTTP/1.1 204 ", 13) == 0) {
        done(end->client);
    } else {
        fprintf(stderr, "refused: %.*s\n", (int)(got < 200 ? got : 200), bytes);
        exit(1);
    }
}

int main(int argc, char **argv) {
    if (argc != 7) {
        fprintf(stderr, "usage: xhr-load PORT SERVICE CLIENTS SIZE SECONDS PID\n");
        return 2;
    }
    port = atoi(argv[1]);
    int clients = atoi(argv[3]), size = atoi(argv[4]);
    double seconds = atof(argv[5]);
    if (clients < 1 || size < 1 || size > 4000 || seconds <= 0) fail("arguments");
    message_length = size + 4;
    memcpy(body, "[\"", 2);
    memset(body + 2, 'x', (size_t)size);
    memcpy(body + 2 + size, "\"]", 2);
    int poller = epoll_create1(EPOLL_CLOEXEC);
    struct client *all = calloc((size_t)clients, sizeof *all);
    if (!all) fail("memory");
    for (int i = 0; i < clients; i++) {
        struct client *client = &all[i];
        snprintf(client->path, sizeof client->path, "%s/000/load%dx%d", argv[2], getpid(), i);
        client->stream = (struct end){.client = client, .fd = open_socket(port), .streams = 1};
        client->sender = (struct end){.client = client, .fd = open_socket(port)};
        for (struct end *end = &client->stream; end; end = end == &client->stream ? &client->sender : NULL) {
            struct epoll_event event = {.events = EPOLLIN, .data.ptr = end};
            epoll_ctl(poller, EPOLL_CTL_ADD, end->fd, &event);
        }
        post(client, &client->stream, "xhr_streaming", "", 0);
    }
    return measure(poller, seconds, argv[6], readable);
}
