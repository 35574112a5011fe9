// SPDX-License-Identifier: Apache-2.0
// What the load generators share: clocks, the server's processor time, plain connections, the report.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

// Messages that came back since the measuring began.
static unsigned long received;

static void fail(const char *what) {
    fprintf(stderr, "%s: %s\n", what, errno ? strerror(errno) : "unexpected");
    exit(1);
}

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double own_processor(void) {
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec)
        + (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static double server_processor(const char *pid) {
    char path[64], line[1024];
    unsigned long user = 0, system = 0;
    snprintf(path, sizeof path, "/proc/%s/stat", pid);
    FILE *file = fopen(path, "r");
    if (!file || !fgets(line, sizeof line, file)) fail(path);
    fclose(file);
    const char *rest = strrchr(line, ')');
    if (!rest || sscanf(rest + 2, "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &system) != 2) fail(path);
    return (double)(user + system) / (double)sysconf(_SC_CLK_TCK);
}

static void write_all(int fd, const unsigned char *bytes, size_t count) {
    while (count > 0) {
        ssize_t wrote = write(fd, bytes, count);
        if (wrote >= 0) {
            bytes += wrote;
            count -= (size_t)wrote;
        } else if (errno == EAGAIN) {
            struct pollfd wait = {.fd = fd, .events = POLLOUT};
            poll(&wait, 1, 1000);
        } else {
            fail("write");
        }
    }
}

static int open_socket(int port) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (connect(fd, (struct sockaddr *)&address, sizeof address) != 0) fail("connect");
    return fd;
}

// Waits for input and hands it on, for one second to warm up and then for the seconds that count; prints the report.
static int measure(int poller, double seconds, const char *pid, void (*readable)(void *)) {
    double began = now(), server = 0, own = 0;
    int counting = 0;
    for (;;) {
        struct epoll_event events[256];
        int ready = epoll_wait(poller, events, 256, 1000);
        if (ready < 0) fail("epoll_wait");
        if (ready == 0) fail("no echo for a second");
        for (int i = 0; i < ready; i++) readable(events[i].data.ptr);
        double elapsed = now() - began;
        if (!counting && elapsed >= 1) {
            counting = 1;
            received = 0;
            server = server_processor(pid);
            own = own_processor();
            began = now();
        } else if (counting && elapsed >= seconds) {
            double spent = server_processor(pid) - server;
            printf("{\"rate\": %.1f, \"per_processor_second\": %.1f, \"server_load\": %.3f, \"client_load\": %.3f}\n",
                (double)received / elapsed, spent > 0 ? (double)received / spent : 0, spent / elapsed,
                (own_processor() - own) / elapsed);
            return received == 0;
        }
    }
}
