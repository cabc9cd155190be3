/* c_server PORT PEERS [MODE BYTES HZ]: an ENet server over the system's library. Without a mode every packet goes back
 * on its channel with the flags it came with. `broadcast` sends everybody an unreliable packet HZ times a second,
 * `stream` reliable packets as fast as they go, `paced` a reliable packet HZ times a second.
 *
 * Prints LISTENING port. Ends with standard input. */
#include <enet/enet.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { STREAM_PACKETS = 16 };

static ENetHost *host;
static size_t bytes;
static uint64_t number;

static uint64_t clock_ns(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (uint64_t) now.tv_sec * 1000000000u + (uint64_t) now.tv_nsec;
}

static void *end_with_input(void *unused)
{
    char byte;
    while (read(STDIN_FILENO, &byte, 1) > 0)
        ;
    _exit(unused != NULL);
}

static void echo(ENetPeer *peer, enet_uint8 channel, const ENetPacket *received)
{
    const enet_uint32 kinds =
        ENET_PACKET_FLAG_RELIABLE | ENET_PACKET_FLAG_UNSEQUENCED | ENET_PACKET_FLAG_UNRELIABLE_FRAGMENT;
    ENetPacket *answer = enet_packet_create(received->data, received->dataLength, received->flags & kinds);
    if (enet_peer_send(peer, channel, answer) != 0)
        enet_packet_destroy(answer);
}

/* Serves for up to `ms` milliseconds, or until there was something to do and all of it is done. */
static void serve(enet_uint32 ms, bool is_echo)
{
    ENetEvent event;
    for (int got = enet_host_service(host, &event, ms); got > 0; got = enet_host_service(host, &event, 0)) {
        if (event.type != ENET_EVENT_TYPE_RECEIVE)
            continue;
        if (is_echo)
            echo(event.peer, event.channelID, event.packet);
        enet_packet_destroy(event.packet);
    }
}

/* A packet that carries `value`, least significant byte first, behind its first byte. */
static ENetPacket *make_packet(uint64_t value, enet_uint32 flags)
{
    ENetPacket *packet = enet_packet_create(NULL, bytes, flags);
    memset(packet->data, 0, bytes);
    for (int i = 0; i < 8; i++)
        packet->data[1 + i] = (enet_uint8) (value >> (8 * i));
    return packet;
}

static void broadcast(void)
{
    enet_host_broadcast(host, 0, make_packet(++number, 0));
    enet_host_flush(host);
}

static void send_one(void)
{
    enet_host_broadcast(host, 0, make_packet(clock_ns(CLOCK_REALTIME), ENET_PACKET_FLAG_RELIABLE));
    enet_host_flush(host);
}

/* ENet gives a packet back when it was acknowledged. */
static void on_free(ENetPacket *packet)
{
    --*(int *) packet->userData;
}

static void stream(void)
{
    static int outstanding[ENET_PROTOCOL_MAXIMUM_PEER_ID + 1];
    for (size_t slot = 0; slot < host->peerCount; slot++) {
        while (host->peers[slot].state == ENET_PEER_STATE_CONNECTED && outstanding[slot] < STREAM_PACKETS) {
            ENetPacket *packet = make_packet(clock_ns(CLOCK_REALTIME), ENET_PACKET_FLAG_RELIABLE);
            packet->userData = &outstanding[slot];
            packet->freeCallback = on_free;
            outstanding[slot]++;
            if (enet_peer_send(&host->peers[slot], 0, packet) != 0)
                enet_packet_destroy(packet);
        }
    }
}

static void repeat(uint64_t pause_ns, void (*act)(void))
{
    uint64_t due = clock_ns(CLOCK_MONOTONIC);
    for (;;) {
        uint64_t now = clock_ns(CLOCK_MONOTONIC);
        if (now >= due) {
            due += pause_ns;
            act();
        }
        now = clock_ns(CLOCK_MONOTONIC);
        serve(now < due ? (enet_uint32) ((due - now) / 1000000u + 1) : 0, false);
    }
}

int main(int count, char **arguments)
{
    if (count != 3 && count != 6)
        return fputs("usage: c_server PORT PEERS [MODE BYTES HZ]\n", stderr), 2;
    ENetAddress address = {.host = ENET_HOST_ANY, .port = (enet_uint16) atoi(arguments[1])};
    if (enet_initialize() != 0 || enet_address_set_host_ip(&address, "127.0.0.1") != 0)
        return 1;
    host = enet_host_create(&address, (size_t) atol(arguments[2]), 0, 0, 0);
    pthread_t thread;
    if (host == NULL || pthread_create(&thread, NULL, end_with_input, NULL) != 0)
        return 1;
    printf("LISTENING %u\n", host->address.port);
    fflush(stdout);
    while (count == 3)
        serve(100, true);
    bytes = (size_t) atol(arguments[4]);
    uint64_t pause_ns = 1000000000u / (uint64_t) atol(arguments[5]);
    if (strcmp(arguments[3], "broadcast") == 0)
        repeat(pause_ns, broadcast);
    else if (strcmp(arguments[3], "stream") == 0)
        repeat(1000000u, stream);
    else
        repeat(pause_ns, send_one);
    return 0;
}
