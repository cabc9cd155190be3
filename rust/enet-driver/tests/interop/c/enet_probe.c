/* enet_probe PORT DATA SMALLEST LONGEST LARGEST UNRELIABLE_LIMIT [range_coder] [checksum]: sends packets of every kind and
 * of SMALLEST to LONGEST bytes to a server that echoes, and checks that they come back byte for byte: reliable ones once and in order, the others at most once,
 * sequenced ones never late. Above LARGEST bytes only reliable ones are sent.
 *
 * Packets come in volleys of one size and every kind. A volley ends when all of its reliable packets and those of
 * up to UNRELIABLE_LIMIT bytes came back; of the latter, a lost one is sent again as a new packet.
 *
 * Prints   CONNECTED channels
 *          RECV channel flags length       for each packet that came back and was right
 *          DONE ok                         or DONE and what went wrong
 * DATA is the value of the connect request; the value of the final disconnect is DATA + 1. */
#include "common.h"

enum { CHANNELS = 3, MOST_BYTES = 1 << 20, VOLLEY_MS = 250000, QUIET_MS = 100 };

/* One packet that was sent. Its id is its place in the list. */
struct sent {
    size_t length;
    enet_uint32 flags;
    enet_uint8 channel;
    bool wanted;
    bool echoed;
};

static const size_t sizes[] = {0,    1,    3,    4,    64,   1000,  1363,  1364,   1365,
                               1391, 1392, 1393, 4000, 20000, 65536, 262144, MOST_BYTES};

static const enet_uint32 kinds[] = {
    ENET_PACKET_FLAG_RELIABLE,
    0,
    ENET_PACKET_FLAG_UNSEQUENCED,
    ENET_PACKET_FLAG_UNRELIABLE_FRAGMENT,
    ENET_PACKET_FLAG_UNSEQUENCED | ENET_PACKET_FLAG_UNRELIABLE_FRAGMENT,
};

static ENetHost *host;
static ENetPeer *server;
static struct sent *list;
static size_t list_length;
static size_t first_of_volley;
static size_t newest_unreliable[CHANNELS];

#define finish(...) (say("DONE " __VA_ARGS__), exit(1))

/* The flags that a packet arrives with: ENet sends what needs fragments reliably, unless told otherwise. */
static enet_uint32 arriving_flags(enet_uint32 flags, size_t length)
{
    size_t checksum = host->checksum == NULL ? 0 : sizeof(enet_uint32);
    size_t most = server->mtu - sizeof(ENetProtocolHeader) - checksum - sizeof(ENetProtocolSendFragment);
    if (flags & ENET_PACKET_FLAG_RELIABLE)
        return ENET_PACKET_FLAG_RELIABLE;
    if (length <= most)
        return flags & ENET_PACKET_FLAG_UNSEQUENCED;
    return flags & ENET_PACKET_FLAG_UNRELIABLE_FRAGMENT ? flags & ENET_PACKET_FLAG_UNRELIABLE_FRAGMENT
                                                        : ENET_PACKET_FLAG_RELIABLE;
}

/* The id, if there is room for it, then bytes that depend on it: of 16 values, so that they can be compressed. */
static void fill_payload(uint8_t *bytes, size_t length, size_t id)
{
    uint32_t state = length < 4 ? 1 : (uint32_t) id + 1;
    for (size_t i = 0; i < length; i++) {
        state = state * 1664525 + 1013904223;
        bytes[i] = (uint8_t) (state >> 28);
    }
    if (length >= 4)
        write_u32(bytes, (uint32_t) id);
}

static void send_one(size_t length, enet_uint32 flags, enet_uint8 channel, size_t unreliable_limit)
{
    list = realloc(list, (list_length + 1) * sizeof *list);
    ENetPacket *packet = enet_packet_create(NULL, length, flags);
    if (list == NULL || packet == NULL)
        finish("out of memory");
    fill_payload(packet->data, length, list_length);
    enet_uint32 arriving = arriving_flags(flags, length);
    bool wanted = arriving == ENET_PACKET_FLAG_RELIABLE || length <= unreliable_limit;
    list[list_length++] = (struct sent) {length, flags, channel, wanted, false};
    if (enet_peer_send(server, channel, packet) != 0)
        finish("enet_peer_send refused packet %zu", list_length - 1);
}

static bool is_open(const struct sent *sent, enet_uint8 channel, enet_uint32 arriving)
{
    return !sent->echoed && sent->channel == channel && arriving_flags(sent->flags, sent->length) == arriving;
}

/* The reliable packet that must come next on a channel. */
static size_t next_reliable(enet_uint8 channel)
{
    for (size_t id = 0; id < list_length; id++)
        if (is_open(&list[id], channel, ENET_PACKET_FLAG_RELIABLE))
            return id;
    finish("a reliable packet came twice or from nowhere");
}

/* Unreliable packets too short for an id are all alike. Any that is missing will do, so the newest, which may be
 * wanted, is taken before those that were given up. */
static size_t any_short(enet_uint8 channel, const ENetPacket *packet)
{
    for (size_t id = list_length; id-- > 0;)
        if (is_open(&list[id], channel, packet->flags) && list[id].length == packet->dataLength)
            return id;
    finish("a packet of %zu bytes with flags %u came twice or from nowhere", packet->dataLength, packet->flags);
}

static size_t identify(enet_uint8 channel, const ENetPacket *packet)
{
    if (packet->flags & ENET_PACKET_FLAG_RELIABLE)
        return next_reliable(channel);
    return packet->dataLength < 4 ? any_short(channel, packet) : read_u32(packet->data);
}

static void check(enet_uint8 channel, const ENetPacket *packet)
{
    static uint8_t expected[MOST_BYTES];
    bool has_id = packet->dataLength >= 4;
    bool sequenced = !(packet->flags & (ENET_PACKET_FLAG_RELIABLE | ENET_PACKET_FLAG_UNSEQUENCED));
    size_t id = identify(channel, packet);
    if (id >= list_length || !is_open(&list[id], channel, packet->flags))
        finish("packet %zu came twice, changed its flags to %u or was never sent", id, packet->flags);
    if (list[id].length != packet->dataLength)
        finish("packet %zu of %zu bytes has %zu", id, list[id].length, packet->dataLength);
    fill_payload(expected, packet->dataLength, id);
    if (packet->dataLength > 0 && memcmp(packet->data, expected, packet->dataLength) != 0)
        finish("packet %zu of %zu bytes has wrong bytes or is out of order", id, packet->dataLength);
    if (has_id && sequenced && id < newest_unreliable[channel])
        finish("packet %zu is late: %zu came before it", id, newest_unreliable[channel]);
    if (has_id && sequenced)
        newest_unreliable[channel] = id;
    list[id].echoed = true;
    say("RECV %u %u %zu", channel, packet->flags, packet->dataLength);
}

/* Waits up to 10 ms for what arrives. True if something did. */
static bool receive(void)
{
    ENetEvent event;
    if (has_ended(STDIN_FILENO))
        exit(1);
    limit_backoff(server);
    int got = enet_host_service(host, &event, 10);
    if (got <= 0)
        return false;
    if (event.type == ENET_EVENT_TYPE_DISCONNECT)
        finish("disconnected with %u", event.data);
    if (event.type == ENET_EVENT_TYPE_RECEIVE) {
        check(event.channelID, event.packet);
        enet_packet_destroy(event.packet);
    }
    return true;
}

static size_t count_missing(bool reliable_only)
{
    size_t missing = 0;
    for (size_t id = first_of_volley; id < list_length; id++) {
        bool reliable = arriving_flags(list[id].flags, list[id].length) == ENET_PACKET_FLAG_RELIABLE;
        missing += list[id].wanted && !list[id].echoed && (reliable || !reliable_only);
    }
    return missing;
}

/* Sends what was wanted and lost again, as new packets. */
static void repeat_missing(size_t unreliable_limit)
{
    for (size_t id = first_of_volley, end = list_length; id < end; id++)
        if (list[id].wanted && !list[id].echoed) {
            list[id].wanted = false;
            send_one(list[id].length, list[id].flags, list[id].channel, unreliable_limit);
        }
}

static void run_volley(size_t number, size_t largest, size_t unreliable_limit)
{
    size_t length = sizes[number];
    size_t copies = length < 2000 ? 4 : 1;
    size_t kind_count = length <= largest ? sizeof kinds / sizeof *kinds : 1;
    first_of_volley = list_length;
    for (size_t i = 0; i < copies * kind_count; i++)
        send_one(length, kinds[i % kind_count], (number + i) % CHANNELS, unreliable_limit);

    enet_uint32 start = enet_time_get(), last = start;
    while (count_missing(false) > 0) {
        if (receive())
            last = enet_time_get();
        if (enet_time_get() - start > VOLLEY_MS)
            finish("%zu packets of %zu bytes did not come back, %zu of them reliable", count_missing(false),
                   length, count_missing(true));
        if (enet_time_get() - last > QUIET_MS && count_missing(true) == 0) {
            repeat_missing(unreliable_limit);
            last = enet_time_get();
        }
    }
}

/* An echo may be here before the acknowledgement of what it echoes. What is still in flight would count against the
 * goodbye's time-out. */
static void wait_until_acknowledged(void)
{
    enet_uint32 start = enet_time_get();
    while (!enet_list_empty(&server->sentReliableCommands) && enet_time_get() - start < VOLLEY_MS)
        receive();
}

static void wait_for(ENetEventType type)
{
    ENetEvent event;
    for (enet_uint32 start = enet_time_get(); enet_time_get() - start < 20000;) {
        if (has_ended(STDIN_FILENO))
            exit(1);
        if (enet_host_service(host, &event, 10) <= 0)
            continue;
        if (event.type == type)
            return;
        if (event.type == ENET_EVENT_TYPE_RECEIVE)
            enet_packet_destroy(event.packet);
        else
            finish("an unexpected connect or disconnect");
    }
    finish("no answer to the %s", type == ENET_EVENT_TYPE_CONNECT ? "connect" : "disconnect");
}

int main(int count, char **arguments)
{
    (void) count;
    start_enet();
    ENetAddress address = loopback(next_number(&arguments, "PORT"));
    enet_uint32 data = (enet_uint32) next_number(&arguments, "DATA");
    size_t smallest = next_number(&arguments, "SMALLEST");
    size_t longest = next_number(&arguments, "LONGEST");
    size_t largest = next_number(&arguments, "LARGEST");
    size_t unreliable_limit = next_number(&arguments, "UNRELIABLE_LIMIT");

    host = enet_host_create(NULL, 1, 0, 0, 0);
    if (host == NULL)
        finish("cannot open a client");
    set_up_seal(host, arguments);
    server = enet_host_connect(host, &address, CHANNELS, data);
    wait_for(ENET_EVENT_TYPE_CONNECT);
    say("CONNECTED %zu", server->channelCount);
    be_patient(server);
    /* Without this both sides may drop unreliable packets before they reach the network at all. */
    enet_peer_throttle_configure(server, ENET_PEER_PACKET_THROTTLE_INTERVAL, ENET_PEER_PACKET_THROTTLE_SCALE, 0);

    for (size_t number = 0; number < sizeof sizes / sizeof *sizes; number++)
        if (sizes[number] >= smallest && sizes[number] <= longest)
            run_volley(number, largest, unreliable_limit);
    wait_until_acknowledged();
    /* ENet acknowledges a goodbye once. When that is lost, nobody answers any more. */
    enet_peer_timeout(server, 0, 2000, 4000);
    enet_peer_disconnect(server, data + 1);
    wait_for(ENET_EVENT_TYPE_DISCONNECT);
    say("DONE ok");
    enet_host_destroy(host);
    free(list);
    return 0;
}
