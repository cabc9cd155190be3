/* enet_crowd PORT CLIENTS RATE SECONDS: many ENet clients, each with a socket of its own, play against a server that
 * echoes. Each sends RATE * SECONDS numbered packets of 64 bytes, RATE a second (fewer when the machine is slow),
 * reliable and unreliable by turns, then waits for the reliable echoes that are missing.
 *
 * Prints   CONNECTED clients
 *          SUMMARY clients=… connected=… dropped=… wrong=… reliable_sent=… reliable_echoed=… unreliable_sent=…
 *                  unreliable_echoed=…                                       (one line)
 * A wrong packet is a reliable one out of order, or one that belongs to another client. */
#include "common.h"
#include <sys/resource.h>

enum { PACKET_BYTES = 64, CONNECT_MS = 60000, DRAIN_MS = 60000, HOUSEKEEPING_MS = 50 };

enum { RELIABLE, UNRELIABLE, KINDS };

struct client {
    ENetHost *host;
    ENetPeer *server;
    bool connected;
    bool dropped;
    uint32_t sent[KINDS];
    uint32_t echoed[KINDS];
    uint32_t wrong;
    uint32_t packets;
    enet_uint32 next_send;
};

static struct client *clients;
static struct pollfd *sockets;
static size_t count;

static void allow_sockets(size_t needed)
{
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur < needed)
        die("%zu sockets are needed, %lu are allowed", needed, (unsigned long) limit.rlim_cur);
}

static void start_client(size_t index, unsigned long port)
{
    ENetAddress address = loopback(port);
    struct client *client = &clients[index];
    client->host = enet_host_create(NULL, 1, 0, 0, 0);
    client->server = client->host == NULL ? NULL : enet_host_connect(client->host, &address, 2, (enet_uint32) index);
    if (client->server == NULL)
        die("cannot open client %zu", index);
    sockets[index] = (struct pollfd) {.fd = client->host->socket, .events = POLLIN};
}

static void check(struct client *client, const ENetPacket *packet)
{
    int kind = packet->flags & ENET_PACKET_FLAG_RELIABLE ? RELIABLE : UNRELIABLE;
    bool mine = packet->dataLength == PACKET_BYTES && read_u32(packet->data) == (uint32_t) (client - clients);
    uint32_t number = mine ? read_u32(packet->data + 4) : 0;
    bool expected = kind == RELIABLE ? number == client->echoed[RELIABLE] : number < client->sent[UNRELIABLE];
    client->wrong += !mine || !expected;
    client->echoed[kind]++;
}

static void service(struct client *client)
{
    ENetEvent event;
    while (enet_host_service(client->host, &event, 0) > 0) {
        if (event.type == ENET_EVENT_TYPE_CONNECT) {
            client->connected = true;
        } else if (event.type == ENET_EVENT_TYPE_DISCONNECT) {
            client->dropped = true;
        } else if (event.type == ENET_EVENT_TYPE_RECEIVE) {
            check(client, event.packet);
            enet_packet_destroy(event.packet);
        }
    }
}

static void send_next(struct client *client)
{
    uint8_t bytes[PACKET_BYTES] = {0};
    int kind = client->packets++ % KINDS;
    write_u32(bytes, (uint32_t) (client - clients));
    write_u32(bytes + 4, client->sent[kind]++);
    enet_uint32 flags = kind == RELIABLE ? ENET_PACKET_FLAG_RELIABLE : 0;
    ENetPacket *packet = enet_packet_create(bytes, sizeof bytes, flags);
    if (enet_peer_send(client->server, (enet_uint8) kind, packet) != 0)
        enet_packet_destroy(packet);
}

/* Waits up to a millisecond, then serves every client that has something to read; now and then all of them, for
 * retransmissions. */
static void serve_all(void)
{
    static enet_uint32 last_housekeeping;
    bool everyone = enet_time_get() - last_housekeeping >= HOUSEKEEPING_MS;
    if (has_ended(STDIN_FILENO))
        exit(1);
    if (everyone)
        last_housekeeping = enet_time_get();
    poll(sockets, count, 1);
    for (size_t i = 0; i < count; i++)
        if (everyone || sockets[i].revents != 0)
            service(&clients[i]);
}

static size_t count_connected(void)
{
    size_t connected = 0;
    for (size_t i = 0; i < count; i++)
        connected += clients[i].connected;
    return connected;
}

/* A few at a time: a thousand requests in one millisecond would test the size of the server's socket buffer. */
static void connect_all(size_t wanted, unsigned long port)
{
    enet_uint32 start = enet_time_get();
    while (count_connected() < wanted && enet_time_get() - start < CONNECT_MS) {
        for (int few = 0; few < 4 && count < wanted; few++)
            start_client(count++, port);
        serve_all();
    }
    say("CONNECTED %zu", count_connected());
}

static void play(unsigned long rate, uint32_t packets)
{
    enet_uint32 interval = (enet_uint32) (1000 / rate);
    size_t finished = 0;
    for (size_t i = 0; i < count; i++)
        clients[i].next_send = enet_time_get() + (enet_uint32) i % interval;
    while (finished < count) {
        serve_all();
        finished = 0;
        for (size_t i = 0; i < count; i++) {
            struct client *client = &clients[i];
            if (client->packets == packets || client->dropped || !client->connected) {
                finished++;
            } else if ((int32_t) (enet_time_get() - client->next_send) >= 0) {
                send_next(client);
                client->next_send = enet_time_get() + interval;
                service(client);
            }
        }
    }
}

static bool is_waiting(const struct client *client)
{
    return client->connected && !client->dropped && client->echoed[RELIABLE] < client->sent[RELIABLE];
}

static void drain(void)
{
    enet_uint32 start = enet_time_get();
    bool waiting = true;
    while (waiting && enet_time_get() - start < DRAIN_MS) {
        serve_all();
        waiting = false;
        for (size_t i = 0; i < count && !waiting; i++)
            waiting = is_waiting(&clients[i]);
    }
}

static void summarize(void)
{
    unsigned long dropped = 0, wrong = 0, sent[KINDS] = {0}, echoed[KINDS] = {0};
    for (size_t i = 0; i < count; i++) {
        dropped += clients[i].dropped;
        wrong += clients[i].wrong;
        for (int kind = 0; kind < KINDS; kind++) {
            sent[kind] += clients[i].sent[kind];
            echoed[kind] += clients[i].echoed[kind];
        }
    }
    say("SUMMARY clients=%zu connected=%zu dropped=%lu wrong=%lu reliable_sent=%lu reliable_echoed=%lu"
        " unreliable_sent=%lu unreliable_echoed=%lu",
        count, count_connected(), dropped, wrong, sent[RELIABLE], echoed[RELIABLE], sent[UNRELIABLE],
        echoed[UNRELIABLE]);
}

int main(int argument_count, char **arguments)
{
    (void) argument_count;
    start_enet();
    unsigned long port = next_number(&arguments, "PORT");
    size_t wanted = next_number(&arguments, "CLIENTS");
    unsigned long rate = next_number(&arguments, "RATE");
    unsigned long seconds = next_number(&arguments, "SECONDS");
    if (rate < 1 || rate > 1000)
        die("RATE must be 1 to 1000");
    allow_sockets(wanted + 16);
    clients = calloc(wanted, sizeof *clients);
    sockets = calloc(wanted, sizeof *sockets);
    if (clients == NULL || sockets == NULL)
        die("out of memory");

    connect_all(wanted, port);
    play(rate, (uint32_t) (rate * seconds));
    drain();
    summarize();
    for (size_t i = 0; i < count; i++) {
        enet_peer_disconnect_now(clients[i].server, 0);
        enet_host_destroy(clients[i].host);
    }
    free(clients);
    free(sockets);
    return 0;
}
