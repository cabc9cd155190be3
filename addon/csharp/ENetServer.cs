// Written by ./build.sh csharp from the class itself; changes belong into tools/csharp.gd.
using System;
using Godot;

namespace GodotENet
{
	/// <summary>ENetServer, typed; the class reference of that name in the editor says what its members do.</summary>
	public static class ENetServer
	{
		private static GodotObject instance;

		/// <summary>The singleton itself.</summary>
		public static GodotObject Object
		{
			get
			{
				if (!GodotObject.IsInstanceValid(instance)) instance = Engine.GetSingleton("ENetServer");
				return instance;
			}
		}

		public enum CompressionMode : long
		{
			None = 0,
			RangeCoder = 1,
			Fastlz = 2,
			Zlib = 3,
			Zstd = 4,
			Lz4 = 5,
		}

		public enum AuthMode : long
		{
			None = 0,
			PreloginOnly = 1,
			Custom = 2,
		}

		public enum LimitKind : long
		{
			Packets = 0,
			Bytes = 1,
		}

		public enum LimitStage : long
		{
			Warned = 0,
			Throttled = 1,
			Kicked = 2,
		}

		private static readonly StringName name_are_timeouts_suspended = "are_timeouts_suspended";

		public static bool AreTimeoutsSuspended() =>
			Object.Call(name_are_timeouts_suspended).AsBool();

		private static readonly StringName name_broadcast_packet = "broadcast_packet";

		public static void BroadcastPacket(Variant packet, long channel = 0, bool reliable = true) =>
			Object.Call(name_broadcast_packet, packet, channel, reliable);

		private static readonly StringName name_create_server = "create_server";

		public static Error CreateServer(long port, long maxPeers = 32, long maxChannels = 2) =>
			(Error)Object.Call(name_create_server, port, maxPeers, maxChannels).AsInt64();

		private static readonly StringName name_get_authenticated_peer_count = "get_authenticated_peer_count";

		public static long GetAuthenticatedPeerCount() =>
			Object.Call(name_get_authenticated_peer_count).AsInt64();

		private static readonly StringName name_get_authentication_mode = "get_authentication_mode";

		public static AuthMode GetAuthenticationMode() =>
			(AuthMode)Object.Call(name_get_authentication_mode).AsInt64();

		private static readonly StringName name_get_authentication_timeout = "get_authentication_timeout";

		public static double GetAuthenticationTimeout() =>
			Object.Call(name_get_authentication_timeout).AsDouble();

		private static readonly StringName name_get_connect_rate_limit = "get_connect_rate_limit";

		public static long GetConnectRateLimit() =>
			Object.Call(name_get_connect_rate_limit).AsInt64();

		private static readonly StringName name_get_connect_rate_limit_per_prefix = "get_connect_rate_limit_per_prefix";

		public static long GetConnectRateLimitPerPrefix() =>
			Object.Call(name_get_connect_rate_limit_per_prefix).AsInt64();

		private static readonly StringName name_get_half_open_limit = "get_half_open_limit";

		public static long GetHalfOpenLimit() =>
			Object.Call(name_get_half_open_limit).AsInt64();

		private static readonly StringName name_get_linger_time = "get_linger_time";

		public static double GetLingerTime() =>
			Object.Call(name_get_linger_time).AsDouble();

		private static readonly StringName name_get_local_port = "get_local_port";

		public static long GetLocalPort() =>
			Object.Call(name_get_local_port).AsInt64();

		private static readonly StringName name_get_max_peers_per_address = "get_max_peers_per_address";

		public static long GetMaxPeersPerAddress() =>
			Object.Call(name_get_max_peers_per_address).AsInt64();

		private static readonly StringName name_get_maximum_decoded_depth = "get_maximum_decoded_depth";

		public static long GetMaximumDecodedDepth() =>
			Object.Call(name_get_maximum_decoded_depth).AsInt64();

		private static readonly StringName name_get_maximum_decoded_elements = "get_maximum_decoded_elements";

		public static long GetMaximumDecodedElements() =>
			Object.Call(name_get_maximum_decoded_elements).AsInt64();

		private static readonly StringName name_get_maximum_event_name_length = "get_maximum_event_name_length";

		public static long GetMaximumEventNameLength() =>
			Object.Call(name_get_maximum_event_name_length).AsInt64();

		private static readonly StringName name_get_maximum_login_size = "get_maximum_login_size";

		public static long GetMaximumLoginSize() =>
			Object.Call(name_get_maximum_login_size).AsInt64();

		private static readonly StringName name_get_maximum_packet_size = "get_maximum_packet_size";

		public static long GetMaximumPacketSize() =>
			Object.Call(name_get_maximum_packet_size).AsInt64();

		private static readonly StringName name_get_maximum_total_waiting_data = "get_maximum_total_waiting_data";

		public static long GetMaximumTotalWaitingData() =>
			Object.Call(name_get_maximum_total_waiting_data).AsInt64();

		private static readonly StringName name_get_maximum_waiting_data = "get_maximum_waiting_data";

		public static long GetMaximumWaitingData() =>
			Object.Call(name_get_maximum_waiting_data).AsInt64();

		private static readonly StringName name_get_network_conditions = "get_network_conditions";

		public static Godot.Collections.Dictionary GetNetworkConditions() =>
			Object.Call(name_get_network_conditions).AsGodotDictionary();

		private static readonly StringName name_get_peer = "get_peer";

		public static ENetServerPeer GetPeer(long peerId) =>
			ENetServerPeer.Of(Object.Call(name_get_peer, peerId));

		private static readonly StringName name_get_peer_byte_rate = "get_peer_byte_rate";

		public static long GetPeerByteRate() =>
			Object.Call(name_get_peer_byte_rate).AsInt64();

		private static readonly StringName name_get_peer_count = "get_peer_count";

		public static long GetPeerCount() =>
			Object.Call(name_get_peer_count).AsInt64();

		private static readonly StringName name_get_peer_packet_rate = "get_peer_packet_rate";

		public static long GetPeerPacketRate() =>
			Object.Call(name_get_peer_packet_rate).AsInt64();

		private static readonly StringName name_get_peer_rate_patience = "get_peer_rate_patience";

		public static double GetPeerRatePatience() =>
			Object.Call(name_get_peer_rate_patience).AsDouble();

		private static readonly StringName name_get_peer_timeout = "get_peer_timeout";

		public static Vector3I GetPeerTimeout() =>
			Object.Call(name_get_peer_timeout).AsVector3I();

		private static readonly StringName name_get_peers = "get_peers";

		public static Godot.Collections.Array GetPeers() =>
			Object.Call(name_get_peers).AsGodotArray();

		private static readonly StringName name_get_poll_rate = "get_poll_rate";

		public static long GetPollRate() =>
			Object.Call(name_get_poll_rate).AsInt64();

		private static readonly StringName name_get_refused_login_limit = "get_refused_login_limit";

		public static long GetRefusedLoginLimit() =>
			Object.Call(name_get_refused_login_limit).AsInt64();

		private static readonly StringName name_get_statistics = "get_statistics";

		public static Godot.Collections.Dictionary GetStatistics() =>
			Object.Call(name_get_statistics).AsGodotDictionary();

		private static readonly StringName name_has_event = "has_event";

		public static bool HasEvent(string eventName) =>
			Object.Call(name_has_event, eventName).AsBool();

		private static readonly StringName name_is_discoverable = "is_discoverable";

		public static bool IsDiscoverable() =>
			Object.Call(name_is_discoverable).AsBool();

		private static readonly StringName name_is_server_active = "is_server_active";

		public static bool IsServerActive() =>
			Object.Call(name_is_server_active).AsBool();

		private static readonly StringName name_kick_peer = "kick_peer";

		public static void KickPeer(long peerId, string reason = "") =>
			Object.Call(name_kick_peer, peerId, reason);

		private static readonly StringName name_register_event = "register_event";

		public static void RegisterEvent(string eventName, Callable callback) =>
			Object.Call(name_register_event, eventName, callback);

		private static readonly StringName name_send_node_state = "send_node_state";

		public static Error SendNodeState(long peerId, Node node, ENetPacketUtils.NodeSyncFlags flags, long channel = 0) =>
			(Error)Object.Call(name_send_node_state, peerId, node, (long)flags, channel).AsInt64();

		private static readonly StringName name_send_node_to_all = "send_node_to_all";

		public static void SendNodeToAll(Node node, ENetPacketUtils.NodeSyncFlags flags, long channel = 0) =>
			Object.Call(name_send_node_to_all, node, (long)flags, channel);

		private static readonly StringName name_send_packet = "send_packet";

		public static Error SendPacket(long peerId, Variant packet, long channel = 0, bool reliable = true) =>
			(Error)Object.Call(name_send_packet, peerId, packet, channel, reliable).AsInt64();

		private static readonly StringName name_send_packet_to_all = "send_packet_to_all";

		public static void SendPacketToAll(Variant packet, long channel = 0, bool reliable = true, Godot.Collections.Array exclude = null) =>
			Object.Call(name_send_packet_to_all, packet, channel, reliable, exclude ?? new Godot.Collections.Array());

		private static readonly StringName name_send_packet_to_multiple = "send_packet_to_multiple";

		public static void SendPacketToMultiple(Godot.Collections.Array peerIds, Variant packet, long channel = 0, bool reliable = true) =>
			Object.Call(name_send_packet_to_multiple, peerIds ?? new Godot.Collections.Array(), packet, channel, reliable);

		private static readonly StringName name_set_authentication_mode = "set_authentication_mode";

		public static void SetAuthenticationMode(AuthMode mode) =>
			Object.Call(name_set_authentication_mode, (long)mode);

		private static readonly StringName name_set_authentication_timeout = "set_authentication_timeout";

		public static void SetAuthenticationTimeout(double timeout) =>
			Object.Call(name_set_authentication_timeout, timeout);

		private static readonly StringName name_set_compression_mode = "set_compression_mode";

		public static void SetCompressionMode(CompressionMode mode) =>
			Object.Call(name_set_compression_mode, (long)mode);

		private static readonly StringName name_set_connect_rate_limit = "set_connect_rate_limit";

		public static void SetConnectRateLimit(long perSecond) =>
			Object.Call(name_set_connect_rate_limit, perSecond);

		private static readonly StringName name_set_connect_rate_limit_per_prefix = "set_connect_rate_limit_per_prefix";

		public static void SetConnectRateLimitPerPrefix(long perSecond) =>
			Object.Call(name_set_connect_rate_limit_per_prefix, perSecond);

		private static readonly StringName name_set_custom_authenticator = "set_custom_authenticator";

		public static void SetCustomAuthenticator(Callable callable) =>
			Object.Call(name_set_custom_authenticator, callable);

		private static readonly StringName name_set_discoverable = "set_discoverable";

		public static Error SetDiscoverable(bool enabled, string name = "", Godot.Collections.Dictionary info = null) =>
			(Error)Object.Call(name_set_discoverable, enabled, name, info ?? new Godot.Collections.Dictionary()).AsInt64();

		private static readonly StringName name_set_dtls = "set_dtls";

		public static Error SetDtls(TlsOptions options) =>
			(Error)Object.Call(name_set_dtls, options).AsInt64();

		private static readonly StringName name_set_half_open_limit = "set_half_open_limit";

		public static void SetHalfOpenLimit(long connections) =>
			Object.Call(name_set_half_open_limit, connections);

		private static readonly StringName name_set_linger_time = "set_linger_time";

		public static void SetLingerTime(double seconds) =>
			Object.Call(name_set_linger_time, seconds);

		private static readonly StringName name_set_max_peers_per_address = "set_max_peers_per_address";

		public static void SetMaxPeersPerAddress(long peers) =>
			Object.Call(name_set_max_peers_per_address, peers);

		private static readonly StringName name_set_maximum_decoded_depth = "set_maximum_decoded_depth";

		public static void SetMaximumDecodedDepth(long depth) =>
			Object.Call(name_set_maximum_decoded_depth, depth);

		private static readonly StringName name_set_maximum_decoded_elements = "set_maximum_decoded_elements";

		public static void SetMaximumDecodedElements(long elements) =>
			Object.Call(name_set_maximum_decoded_elements, elements);

		private static readonly StringName name_set_maximum_event_name_length = "set_maximum_event_name_length";

		public static void SetMaximumEventNameLength(long characters) =>
			Object.Call(name_set_maximum_event_name_length, characters);

		private static readonly StringName name_set_maximum_login_size = "set_maximum_login_size";

		public static void SetMaximumLoginSize(long bytes) =>
			Object.Call(name_set_maximum_login_size, bytes);

		private static readonly StringName name_set_maximum_packet_size = "set_maximum_packet_size";

		public static void SetMaximumPacketSize(long bytes) =>
			Object.Call(name_set_maximum_packet_size, bytes);

		private static readonly StringName name_set_maximum_total_waiting_data = "set_maximum_total_waiting_data";

		public static void SetMaximumTotalWaitingData(long bytes) =>
			Object.Call(name_set_maximum_total_waiting_data, bytes);

		private static readonly StringName name_set_maximum_waiting_data = "set_maximum_waiting_data";

		public static void SetMaximumWaitingData(long bytes) =>
			Object.Call(name_set_maximum_waiting_data, bytes);

		private static readonly StringName name_set_network_conditions = "set_network_conditions";

		public static Error SetNetworkConditions(Variant conditions) =>
			(Error)Object.Call(name_set_network_conditions, conditions).AsInt64();

		private static readonly StringName name_set_peer_byte_rate = "set_peer_byte_rate";

		public static void SetPeerByteRate(long bytesPerSecond) =>
			Object.Call(name_set_peer_byte_rate, bytesPerSecond);

		private static readonly StringName name_set_peer_packet_rate = "set_peer_packet_rate";

		public static void SetPeerPacketRate(long packetsPerSecond) =>
			Object.Call(name_set_peer_packet_rate, packetsPerSecond);

		private static readonly StringName name_set_peer_rate_patience = "set_peer_rate_patience";

		public static void SetPeerRatePatience(double seconds) =>
			Object.Call(name_set_peer_rate_patience, seconds);

		private static readonly StringName name_set_peer_timeout = "set_peer_timeout";

		public static void SetPeerTimeout(long timeout, long timeoutMin, long timeoutMax) =>
			Object.Call(name_set_peer_timeout, timeout, timeoutMin, timeoutMax);

		private static readonly StringName name_set_poll_rate = "set_poll_rate";

		public static void SetPollRate(long rateMs) =>
			Object.Call(name_set_poll_rate, rateMs);

		private static readonly StringName name_set_refused_login_limit = "set_refused_login_limit";

		public static void SetRefusedLoginLimit(long loginsPerMinute) =>
			Object.Call(name_set_refused_login_limit, loginsPerMinute);

		private static readonly StringName name_set_timeouts_suspended = "set_timeouts_suspended";

		public static void SetTimeoutsSuspended(bool suspended) =>
			Object.Call(name_set_timeouts_suspended, suspended);

		private static readonly StringName name_stop_server = "stop_server";

		public static void StopServer() =>
			Object.Call(name_stop_server);

		private static readonly StringName name_trigger_event = "trigger_event";

		public static Error TriggerEvent(long peerId, string eventName, Godot.Collections.Dictionary payload, long channel = 0, bool reliable = true) =>
			(Error)Object.Call(name_trigger_event, peerId, eventName, payload ?? new Godot.Collections.Dictionary(), channel, reliable).AsInt64();

		private static readonly StringName name_trigger_event_to_all = "trigger_event_to_all";

		public static void TriggerEventToAll(string eventName, Godot.Collections.Dictionary payload, long channel = 0, bool reliable = true, Godot.Collections.Array exclude = null) =>
			Object.Call(name_trigger_event_to_all, eventName, payload ?? new Godot.Collections.Dictionary(), channel, reliable, exclude ?? new Godot.Collections.Array());

		private static readonly StringName name_unregister_event = "unregister_event";

		public static void UnregisterEvent(string eventName) =>
			Object.Call(name_unregister_event, eventName);

		private static readonly StringName name_custom_event_received = "custom_event_received";
		private static Action<ENetServerPeer, string, Variant, long> customEventReceivedHandlers;

		/// <summary>The signal custom_event_received(peer, event_name, payload, channel).</summary>
		public static event Action<ENetServerPeer, string, Variant, long> CustomEventReceived
		{
			add
			{
				if (customEventReceivedHandlers == null) Object.Connect(name_custom_event_received, Callable.From<GodotObject, string, Variant, long>(OnCustomEventReceived));
				customEventReceivedHandlers += value;
			}
			remove
			{
				if (customEventReceivedHandlers == null) return;
				customEventReceivedHandlers -= value;
				if (customEventReceivedHandlers == null && Object.IsConnected(name_custom_event_received, Callable.From<GodotObject, string, Variant, long>(OnCustomEventReceived))) Object.Disconnect(name_custom_event_received, Callable.From<GodotObject, string, Variant, long>(OnCustomEventReceived));
			}
		}

		private static void OnCustomEventReceived(GodotObject peer, string eventName, Variant payload, long channel) => customEventReceivedHandlers?.Invoke(new ENetServerPeer(peer), eventName, payload, channel);

		private static readonly StringName name_packet_received = "packet_received";
		private static Action<ENetServerPeer, Variant, long> packetReceivedHandlers;

		/// <summary>The signal packet_received(peer, packet, channel).</summary>
		public static event Action<ENetServerPeer, Variant, long> PacketReceived
		{
			add
			{
				if (packetReceivedHandlers == null) Object.Connect(name_packet_received, Callable.From<GodotObject, Variant, long>(OnPacketReceived));
				packetReceivedHandlers += value;
			}
			remove
			{
				if (packetReceivedHandlers == null) return;
				packetReceivedHandlers -= value;
				if (packetReceivedHandlers == null && Object.IsConnected(name_packet_received, Callable.From<GodotObject, Variant, long>(OnPacketReceived))) Object.Disconnect(name_packet_received, Callable.From<GodotObject, Variant, long>(OnPacketReceived));
			}
		}

		private static void OnPacketReceived(GodotObject peer, Variant packet, long channel) => packetReceivedHandlers?.Invoke(new ENetServerPeer(peer), packet, channel);

		private static readonly StringName name_peer_authenticated = "peer_authenticated";
		private static Action<ENetServerPeer> peerAuthenticatedHandlers;

		/// <summary>The signal peer_authenticated(peer).</summary>
		public static event Action<ENetServerPeer> PeerAuthenticated
		{
			add
			{
				if (peerAuthenticatedHandlers == null) Object.Connect(name_peer_authenticated, Callable.From<GodotObject>(OnPeerAuthenticated));
				peerAuthenticatedHandlers += value;
			}
			remove
			{
				if (peerAuthenticatedHandlers == null) return;
				peerAuthenticatedHandlers -= value;
				if (peerAuthenticatedHandlers == null && Object.IsConnected(name_peer_authenticated, Callable.From<GodotObject>(OnPeerAuthenticated))) Object.Disconnect(name_peer_authenticated, Callable.From<GodotObject>(OnPeerAuthenticated));
			}
		}

		private static void OnPeerAuthenticated(GodotObject peer) => peerAuthenticatedHandlers?.Invoke(new ENetServerPeer(peer));

		private static readonly StringName name_peer_connecting = "peer_connecting";
		private static Action<ENetServerPeer, long> peerConnectingHandlers;

		/// <summary>The signal peer_connecting(peer, data).</summary>
		public static event Action<ENetServerPeer, long> PeerConnecting
		{
			add
			{
				if (peerConnectingHandlers == null) Object.Connect(name_peer_connecting, Callable.From<GodotObject, long>(OnPeerConnecting));
				peerConnectingHandlers += value;
			}
			remove
			{
				if (peerConnectingHandlers == null) return;
				peerConnectingHandlers -= value;
				if (peerConnectingHandlers == null && Object.IsConnected(name_peer_connecting, Callable.From<GodotObject, long>(OnPeerConnecting))) Object.Disconnect(name_peer_connecting, Callable.From<GodotObject, long>(OnPeerConnecting));
			}
		}

		private static void OnPeerConnecting(GodotObject peer, long data) => peerConnectingHandlers?.Invoke(new ENetServerPeer(peer), data);

		private static readonly StringName name_peer_disconnected = "peer_disconnected";
		private static Action<ENetServerPeer, string> peerDisconnectedHandlers;

		/// <summary>The signal peer_disconnected(peer, reason).</summary>
		public static event Action<ENetServerPeer, string> PeerDisconnected
		{
			add
			{
				if (peerDisconnectedHandlers == null) Object.Connect(name_peer_disconnected, Callable.From<GodotObject, string>(OnPeerDisconnected));
				peerDisconnectedHandlers += value;
			}
			remove
			{
				if (peerDisconnectedHandlers == null) return;
				peerDisconnectedHandlers -= value;
				if (peerDisconnectedHandlers == null && Object.IsConnected(name_peer_disconnected, Callable.From<GodotObject, string>(OnPeerDisconnected))) Object.Disconnect(name_peer_disconnected, Callable.From<GodotObject, string>(OnPeerDisconnected));
			}
		}

		private static void OnPeerDisconnected(GodotObject peer, string reason) => peerDisconnectedHandlers?.Invoke(new ENetServerPeer(peer), reason);

		private static readonly StringName name_peer_limit_exceeded = "peer_limit_exceeded";
		private static Action<ENetServerPeer, LimitKind, LimitStage> peerLimitExceededHandlers;

		/// <summary>The signal peer_limit_exceeded(peer, limit, stage).</summary>
		public static event Action<ENetServerPeer, LimitKind, LimitStage> PeerLimitExceeded
		{
			add
			{
				if (peerLimitExceededHandlers == null) Object.Connect(name_peer_limit_exceeded, Callable.From<GodotObject, long, long>(OnPeerLimitExceeded));
				peerLimitExceededHandlers += value;
			}
			remove
			{
				if (peerLimitExceededHandlers == null) return;
				peerLimitExceededHandlers -= value;
				if (peerLimitExceededHandlers == null && Object.IsConnected(name_peer_limit_exceeded, Callable.From<GodotObject, long, long>(OnPeerLimitExceeded))) Object.Disconnect(name_peer_limit_exceeded, Callable.From<GodotObject, long, long>(OnPeerLimitExceeded));
			}
		}

		private static void OnPeerLimitExceeded(GodotObject peer, long limit, long stage) => peerLimitExceededHandlers?.Invoke(new ENetServerPeer(peer), (LimitKind)limit, (LimitStage)stage);

		private static readonly StringName name_peer_prelogin = "peer_prelogin";
		private static Action<ENetServerPeer, Godot.Collections.Dictionary> peerPreloginHandlers;

		/// <summary>The signal peer_prelogin(peer, login_data).</summary>
		public static event Action<ENetServerPeer, Godot.Collections.Dictionary> PeerPrelogin
		{
			add
			{
				if (peerPreloginHandlers == null) Object.Connect(name_peer_prelogin, Callable.From<GodotObject, Godot.Collections.Dictionary>(OnPeerPrelogin));
				peerPreloginHandlers += value;
			}
			remove
			{
				if (peerPreloginHandlers == null) return;
				peerPreloginHandlers -= value;
				if (peerPreloginHandlers == null && Object.IsConnected(name_peer_prelogin, Callable.From<GodotObject, Godot.Collections.Dictionary>(OnPeerPrelogin))) Object.Disconnect(name_peer_prelogin, Callable.From<GodotObject, Godot.Collections.Dictionary>(OnPeerPrelogin));
			}
		}

		private static void OnPeerPrelogin(GodotObject peer, Godot.Collections.Dictionary loginData) => peerPreloginHandlers?.Invoke(new ENetServerPeer(peer), loginData);

		private static readonly StringName name_raw_packet_received = "raw_packet_received";
		private static Action<ENetServerPeer, byte[], long> rawPacketReceivedHandlers;

		/// <summary>The signal raw_packet_received(peer, data, channel).</summary>
		public static event Action<ENetServerPeer, byte[], long> RawPacketReceived
		{
			add
			{
				if (rawPacketReceivedHandlers == null) Object.Connect(name_raw_packet_received, Callable.From<GodotObject, byte[], long>(OnRawPacketReceived));
				rawPacketReceivedHandlers += value;
			}
			remove
			{
				if (rawPacketReceivedHandlers == null) return;
				rawPacketReceivedHandlers -= value;
				if (rawPacketReceivedHandlers == null && Object.IsConnected(name_raw_packet_received, Callable.From<GodotObject, byte[], long>(OnRawPacketReceived))) Object.Disconnect(name_raw_packet_received, Callable.From<GodotObject, byte[], long>(OnRawPacketReceived));
			}
		}

		private static void OnRawPacketReceived(GodotObject peer, byte[] data, long channel) => rawPacketReceivedHandlers?.Invoke(new ENetServerPeer(peer), data, channel);

		private static readonly StringName name_server_started = "server_started";
		private static Action<long> serverStartedHandlers;

		/// <summary>The signal server_started(port).</summary>
		public static event Action<long> ServerStarted
		{
			add
			{
				if (serverStartedHandlers == null) Object.Connect(name_server_started, Callable.From<long>(OnServerStarted));
				serverStartedHandlers += value;
			}
			remove
			{
				if (serverStartedHandlers == null) return;
				serverStartedHandlers -= value;
				if (serverStartedHandlers == null && Object.IsConnected(name_server_started, Callable.From<long>(OnServerStarted))) Object.Disconnect(name_server_started, Callable.From<long>(OnServerStarted));
			}
		}

		private static void OnServerStarted(long port) => serverStartedHandlers?.Invoke(port);

		private static readonly StringName name_server_stopped = "server_stopped";
		private static Action serverStoppedHandlers;

		/// <summary>The signal server_stopped().</summary>
		public static event Action ServerStopped
		{
			add
			{
				if (serverStoppedHandlers == null) Object.Connect(name_server_stopped, Callable.From(OnServerStopped));
				serverStoppedHandlers += value;
			}
			remove
			{
				if (serverStoppedHandlers == null) return;
				serverStoppedHandlers -= value;
				if (serverStoppedHandlers == null && Object.IsConnected(name_server_stopped, Callable.From(OnServerStopped))) Object.Disconnect(name_server_stopped, Callable.From(OnServerStopped));
			}
		}

		private static void OnServerStopped() => serverStoppedHandlers?.Invoke();

		private static readonly StringName name_unknown_event_received = "unknown_event_received";
		private static Action<ENetServerPeer, string, Variant, long> unknownEventReceivedHandlers;

		/// <summary>The signal unknown_event_received(peer, event_name, payload, channel).</summary>
		public static event Action<ENetServerPeer, string, Variant, long> UnknownEventReceived
		{
			add
			{
				if (unknownEventReceivedHandlers == null) Object.Connect(name_unknown_event_received, Callable.From<GodotObject, string, Variant, long>(OnUnknownEventReceived));
				unknownEventReceivedHandlers += value;
			}
			remove
			{
				if (unknownEventReceivedHandlers == null) return;
				unknownEventReceivedHandlers -= value;
				if (unknownEventReceivedHandlers == null && Object.IsConnected(name_unknown_event_received, Callable.From<GodotObject, string, Variant, long>(OnUnknownEventReceived))) Object.Disconnect(name_unknown_event_received, Callable.From<GodotObject, string, Variant, long>(OnUnknownEventReceived));
			}
		}

		private static void OnUnknownEventReceived(GodotObject peer, string eventName, Variant payload, long channel) => unknownEventReceivedHandlers?.Invoke(new ENetServerPeer(peer), eventName, payload, channel);
	}
}
