/* A client of the demo's chat that is nothing but C ENet: logs in, says something, prints what it hears.
 *
 *   chat_client HOST PORT NAME MESSAGE SECONDS
 *
 * A packet is a type byte and its body. This client speaks type 3: a little-endian length and JSON text. */
#include <enet/enet.h>
#include <enet/time.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TYPE_JSON = 3, HEADER = 5, CHANNEL = 0, CHANNELS = 2, CONNECT_MS = 5000, STEP_MS = 20 };

static void send_json(ENetPeer *server, const char *text) {
    size_t length = strlen(text);
    ENetPacket *packet = enet_packet_create(NULL, HEADER + length, ENET_PACKET_FLAG_RELIABLE);
    packet->data[0] = TYPE_JSON;
    for (int i = 0; i < 4; i++) {
        packet->data[1 + i] = (enet_uint8)(length >> (8 * i));
    }
    memcpy(packet->data + HEADER, text, length);
    enet_peer_send(server, CHANNEL, packet);
}

static void print_packet(const ENetPacket *packet) {
    printf("received ");
    for (size_t i = 0; i < packet->dataLength; i++) {
        putchar(packet->data[i] >= ' ' && packet->data[i] < 127 ? packet->data[i] : '.');
    }
    putchar('\n');
    fflush(stdout);
}

/* C ENet repeats nothing within a call, so it is called often. */
static int has_connected(ENetHost *host) {
    ENetEvent event;
    for (int waited = 0; waited < CONNECT_MS; waited += STEP_MS) {
        if (enet_host_service(host, &event, STEP_MS) > 0) {
            return event.type == ENET_EVENT_TYPE_CONNECT;
        }
    }
    return 0;
}

/* Returns whether the server is still there. */
static int serve(ENetHost *host) {
    ENetEvent event;
    while (enet_host_service(host, &event, STEP_MS) > 0) {
        if (event.type == ENET_EVENT_TYPE_DISCONNECT) {
            return 0;
        }
        if (event.type == ENET_EVENT_TYPE_RECEIVE) {
            print_packet(event.packet);
            enet_packet_destroy(event.packet);
        }
    }
    return 1;
}

int main(int argc, char **argv) {
    ENetAddress address;
    ENetEvent event;
    char text[512];
    if (argc != 6 || enet_initialize() != 0 || enet_address_set_host(&address, argv[1]) != 0) {
        fprintf(stderr, "usage: chat_client HOST PORT NAME MESSAGE SECONDS\n");
        return 2;
    }
    address.port = (enet_uint16)atoi(argv[2]);
    ENetHost *host = enet_host_create(NULL, 1, CHANNELS, 0, 0);
    ENetPeer *server = host != NULL ? enet_host_connect(host, &address, CHANNELS, 0) : NULL;
    if (server == NULL || !has_connected(host)) {
        fprintf(stderr, "no connection to %s:%s\n", argv[1], argv[2]);
        return 1;
    }
    snprintf(text, sizeof text, "{\"name\": \"%s\"}", argv[3]);
    send_json(server, text);
    snprintf(text, sizeof text, "{\"_event\": \"chat\", \"text\": \"%s\"}", argv[4]);
    send_json(server, text);
    enet_uint32 end = enet_time_get() + (enet_uint32)atoi(argv[5]) * 1000;
    while (ENET_TIME_LESS(enet_time_get(), end) && serve(host)) {
    }
    enet_peer_disconnect_later(server, 0);
    enet_host_service(host, &event, 500);
    enet_host_destroy(host);
    enet_deinitialize();
    return 0;
}
