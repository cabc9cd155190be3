/* c_client PORT SKIP_SECONDS SECONDS: an ENet client over the system's library that takes what the server sends. After
 * SKIP_SECONDS it counts for SECONDS, then prints
 *     RESULT bytes microseconds...
 * with the delivery time of every packet. Each carries the time of its sending, in nanoseconds, behind its first byte. */
#include <enet/enet.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { MOST_PACKETS = 1 << 16 };

static uint64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (uint64_t) now.tv_sec * 1000000000u + (uint64_t) now.tv_nsec;
}

static uint64_t sent_at(const ENetPacket *packet)
{
    uint64_t time = 0;
    for (int i = 8; i >= 1; i--)
        time = time << 8 | packet->data[i];
    return time;
}

int main(int count, char **arguments)
{
    static unsigned long delays_us[MOST_PACKETS];
    size_t packets = 0, bytes = 0;
    if (count != 4 || enet_initialize() != 0)
        return 2;
    ENetAddress address = {.port = (enet_uint16) atoi(arguments[1])};
    enet_address_set_host_ip(&address, "127.0.0.1");
    ENetHost *host = enet_host_create(NULL, 1, 0, 0, 0);
    if (host == NULL || enet_host_connect(host, &address, 1, 0) == NULL)
        return 1;
    uint64_t begin = now_ns() + (uint64_t) atol(arguments[2]) * 1000000000u;
    uint64_t end = begin + (uint64_t) atol(arguments[3]) * 1000000000u;
    while (now_ns() < end) {
        ENetEvent event;
        if (enet_host_service(host, &event, 10) <= 0 || event.type != ENET_EVENT_TYPE_RECEIVE)
            continue;
        uint64_t now = now_ns();
        if (now >= begin && packets < MOST_PACKETS) {
            bytes += event.packet->dataLength;
            delays_us[packets++] = (unsigned long) ((now - sent_at(event.packet)) / 1000u);
        }
        enet_packet_destroy(event.packet);
    }
    printf("RESULT %zu", bytes);
    for (size_t i = 0; i < packets; i++)
        printf(" %lu", delays_us[i]);
    printf("\n");
    return 0;
}
