/* enet_echo PORT PEERS [range_coder] [checksum]: an ENet host that sends every packet back on its channel with the flags it arrived with.
 *
 * Prints   LISTENING port
 *          CONNECTED slot channels data
 *          DISCONNECTED slot data
 * Obeys    connect PORT CHANNELS DATA      (a failed attempt is a DISCONNECTED; it fails after one second)
 *          disconnect SLOT DATA            also disconnect_now and disconnect_later
 *          timeout SLOT MILLISECONDS       from here on a peer that is silent for so long is given up
 * Ends     with standard input, telling the peers that are still there. */
#include "common.h"

static ENetHost *host;

static ENetPeer *peer_of(unsigned slot)
{
    if (slot >= host->peerCount)
        die("there is no slot %u", slot);
    return &host->peers[slot];
}

static unsigned slot_of(const ENetPeer *peer)
{
    return (unsigned) (peer - host->peers);
}

static void obey(const char *line)
{
    unsigned first, second, third;
    if (sscanf(line, "connect %u %u %u", &first, &second, &third) == 3) {
        ENetAddress address = loopback(first);
        ENetPeer *peer = enet_host_connect(host, &address, second, third);
        if (peer == NULL)
            die("no free slot to connect from");
        enet_peer_timeout(peer, 1, 500, 1000);
    } else if (sscanf(line, "disconnect %u %u", &first, &second) == 2) {
        enet_peer_disconnect(peer_of(first), second);
    } else if (sscanf(line, "disconnect_now %u %u", &first, &second) == 2) {
        enet_peer_disconnect_now(peer_of(first), second);
    } else if (sscanf(line, "disconnect_later %u %u", &first, &second) == 2) {
        enet_peer_disconnect_later(peer_of(first), second);
    } else if (sscanf(line, "timeout %u %u", &first, &second) == 2) {
        enet_peer_timeout(peer_of(first), 1, second, second);
    } else {
        die("unknown command: %s", line);
    }
}

/* Obeys the lines that wait on standard input. False at its end. */
static bool obey_input(void)
{
    static char line[256];
    static size_t length;
    struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
    while (poll(&input, 1, 0) > 0) {
        if (read(STDIN_FILENO, &line[length], 1) != 1)
            return false;
        if (line[length] == '\n') {
            line[length] = '\0';
            length = 0;
            obey(line);
        } else if (++length == sizeof line) {
            die("a command is too long");
        }
    }
    return true;
}

static void echo(ENetPeer *peer, enet_uint8 channel, ENetPacket *received)
{
    const enet_uint32 kinds =
        ENET_PACKET_FLAG_RELIABLE | ENET_PACKET_FLAG_UNSEQUENCED | ENET_PACKET_FLAG_UNRELIABLE_FRAGMENT;
    ENetPacket *answer = enet_packet_create(received->data, received->dataLength, received->flags & kinds);
    if (enet_peer_send(peer, channel, answer) != 0)
        enet_packet_destroy(answer);
    enet_packet_destroy(received);
}

static void handle(const ENetEvent *event)
{
    switch (event->type) {
    case ENET_EVENT_TYPE_CONNECT:
        be_patient(event->peer);
        say("CONNECTED %u %zu %u", slot_of(event->peer), event->peer->channelCount, event->data);
        break;
    case ENET_EVENT_TYPE_DISCONNECT:
        say("DISCONNECTED %u %u", slot_of(event->peer), event->data);
        break;
    case ENET_EVENT_TYPE_RECEIVE:
        echo(event->peer, event->channelID, event->packet);
        break;
    case ENET_EVENT_TYPE_NONE:
        break;
    }
}

int main(int count, char **arguments)
{
    (void) count;
    start_enet();
    ENetAddress address = loopback(next_number(&arguments, "PORT"));
    host = enet_host_create(&address, next_number(&arguments, "PEERS"), 0, 0, 0);
    if (host == NULL)
        die("cannot listen on port %u", address.port);
    set_up_seal(host, arguments);
    say("LISTENING %u", host->address.port);
    while (obey_input()) {
        ENetEvent event;
        for (int got = enet_host_service(host, &event, 2); got > 0; got = enet_host_service(host, &event, 0))
            handle(&event);
        for (size_t slot = 0; slot < host->peerCount; slot++)
            limit_backoff(&host->peers[slot]);
    }
    for (size_t slot = 0; slot < host->peerCount; slot++)
        enet_peer_disconnect_now(&host->peers[slot], 0);
    enet_host_destroy(host);
    return 0;
}
