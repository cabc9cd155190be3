/* What the programs share: their way to report, to read numbers from the command line, and to make payloads.
 *
 * Every program talks to the test that started it by lines on standard output, and ends when its standard input
 * does, so that none outlives a test that was killed. */
#ifndef COMMON_H
#define COMMON_H

#include <enet/enet.h>
#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Prints one line and hands it over at once. */
static inline void say(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vprintf(format, arguments);
    va_end(arguments);
    putchar('\n');
    fflush(stdout);
}

#define die(...) (say("ERROR " __VA_ARGS__), exit(1))

/* The next number on the command line; the program ends when there is none. */
static inline unsigned long next_number(char ***arguments, const char *name)
{
    char *end = NULL;
    char *text = *++*arguments;
    unsigned long number = text == NULL ? 0 : strtoul(text, &end, 10);
    if (text == NULL || *text == '\0' || *end != '\0')
        die("argument %s is missing or no number", name);
    return number;
}

static inline void start_enet(void)
{
    if (enet_initialize() != 0)
        die("enet_initialize failed");
    atexit(enet_deinitialize);
}

static inline ENetAddress loopback(unsigned long port)
{
    ENetAddress address = {.port = (enet_uint16) port};
    enet_address_set_host_ip(&address, "127.0.0.1");
    return address;
}

/* By default a peer is given up after 5 seconds and 6 transmissions of one command. With a fifth lost each way, one
 * command in 500 needs more than 6. */
static inline void be_patient(ENetPeer *peer)
{
    enet_peer_timeout(peer, 0, 120000, 240000);
}

/* The library doubles a command's timeout with each loss, without end. With a fifth lost each way some command of a
 * long exchange is lost a dozen times, and would keep its test waiting for minutes. */
static inline void limit_backoff(ENetPeer *peer)
{
    const enet_uint32 most_ms = 500;
    ENetList *in_flight = &peer->sentReliableCommands;
    for (ENetListIterator i = enet_list_begin(in_flight); i != enet_list_end(in_flight); i = enet_list_next(i)) {
        ENetOutgoingCommand *command = (ENetOutgoingCommand *) i;
        if (command->roundTripTimeout <= most_ms)
            continue;
        command->roundTripTimeout = most_ms;
        peer->nextTimeout = enet_time_get();
    }
}

/* Sets a host up as the words that are left on the command line say: "range_coder", "checksum", or none. */
static inline void set_up_seal(ENetHost *host, char **arguments)
{
    while (*++arguments != NULL) {
        if (strcmp(*arguments, "checksum") == 0)
            host->checksum = enet_crc32;
        else if (strcmp(*arguments, "range_coder") != 0)
            die("there is no %s", *arguments);
        else if (enet_host_compress_with_range_coder(host) != 0)
            die("out of memory");
    }
}

static inline bool has_ended(int fd)
{
    struct pollfd input = {.fd = fd, .events = POLLIN};
    char byte;
    return poll(&input, 1, 0) > 0 && read(fd, &byte, 1) == 0;
}

static inline void write_u32(uint8_t *bytes, uint32_t value)
{
    for (int i = 0; i < 4; i++)
        bytes[i] = (uint8_t) (value >> (24 - 8 * i));
}

static inline uint32_t read_u32(const uint8_t *bytes)
{
    return (uint32_t) bytes[0] << 24 | (uint32_t) bytes[1] << 16 | (uint32_t) bytes[2] << 8 | bytes[3];
}

#endif
