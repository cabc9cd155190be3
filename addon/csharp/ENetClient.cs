// Written by ./build.sh csharp from the class itself; changes belong into tools/csharp.gd.
using System;
using Godot;

namespace GodotENet
{
	/// <summary>ENetClient, typed; the class reference of that name in the editor says what its members do.</summary>
	public static class ENetClient
	{
		private static GodotObject instance;

		/// <summary>The singleton itself.</summary>
		public static GodotObject Object
		{
			get
			{
				if (!GodotObject.IsInstanceValid(instance)) instance = Engine.GetSingleton("ENetClient");
				return instance;
			}
		}

		public enum ConnectionStatus : long
		{
			Disconnected = 0,
			Connecting = 1,
			Connected = 2,
		}

		private static readonly StringName name_connect_to_server = "connect_to_server";

		public static Error ConnectToServer(string address, long port, long channels = 2) =>
			(Error)Object.Call(name_connect_to_server, address, port, channels).AsInt64();

		private static readonly StringName name_disconnect_from_server = "disconnect_from_server";

		public static void DisconnectFromServer(string reason = "") =>
			Object.Call(name_disconnect_from_server, reason);

		private static readonly StringName name_discover = "discover";

		public static Error Discover(double seconds = 2.0, long port = 7777, string address = "") =>
			(Error)Object.Call(name_discover, seconds, port, address).AsInt64();

		private static readonly StringName name_get_connection_status = "get_connection_status";

		public static ConnectionStatus GetConnectionStatus() =>
			(ConnectionStatus)Object.Call(name_get_connection_status).AsInt64();

		private static readonly StringName name_get_linger_time = "get_linger_time";

		public static double GetLingerTime() =>
			Object.Call(name_get_linger_time).AsDouble();

		private static readonly StringName name_get_network_conditions = "get_network_conditions";

		public static Godot.Collections.Dictionary GetNetworkConditions() =>
			Object.Call(name_get_network_conditions).AsGodotDictionary();

		private static readonly StringName name_get_ping = "get_ping";

		public static long GetPing() =>
			Object.Call(name_get_ping).AsInt64();

		private static readonly StringName name_get_poll_rate = "get_poll_rate";

		public static long GetPollRate() =>
			Object.Call(name_get_poll_rate).AsInt64();

		private static readonly StringName name_get_server_address = "get_server_address";

		public static string GetServerAddress() =>
			Object.Call(name_get_server_address).AsString();

		private static readonly StringName name_get_server_port = "get_server_port";

		public static long GetServerPort() =>
			Object.Call(name_get_server_port).AsInt64();

		private static readonly StringName name_get_statistic = "get_statistic";

		public static double GetStatistic(ENetThreadedPacketPeer.PeerStatistic statistic) =>
			Object.Call(name_get_statistic, (long)statistic).AsDouble();

		private static readonly StringName name_get_statistics = "get_statistics";

		public static Godot.Collections.Dictionary GetStatistics() =>
			Object.Call(name_get_statistics).AsGodotDictionary();

		private static readonly StringName name_has_event = "has_event";

		public static bool HasEvent(string eventName) =>
			Object.Call(name_has_event, eventName).AsBool();

		private static readonly StringName name_is_connected_to_server = "is_connected_to_server";

		public static bool IsConnectedToServer() =>
			Object.Call(name_is_connected_to_server).AsBool();

		private static readonly StringName name_is_discovering = "is_discovering";

		public static bool IsDiscovering() =>
			Object.Call(name_is_discovering).AsBool();

		private static readonly StringName name_register_event = "register_event";

		public static void RegisterEvent(string eventName, Callable callback) =>
			Object.Call(name_register_event, eventName, callback);

		private static readonly StringName name_send_node_state = "send_node_state";

		public static Error SendNodeState(Node node, ENetPacketUtils.NodeSyncFlags flags, long channel = 0) =>
			(Error)Object.Call(name_send_node_state, node, (long)flags, channel).AsInt64();

		private static readonly StringName name_send_packet = "send_packet";

		public static Error SendPacket(Variant packet, long channel = 0, bool reliable = true) =>
			(Error)Object.Call(name_send_packet, packet, channel, reliable).AsInt64();

		private static readonly StringName name_send_raw_packet = "send_raw_packet";

		public static Error SendRawPacket(byte[] data, long channel = 0, bool reliable = true) =>
			(Error)Object.Call(name_send_raw_packet, data, channel, reliable).AsInt64();

		private static readonly StringName name_set_compression_mode = "set_compression_mode";

		public static void SetCompressionMode(ENetServer.CompressionMode mode) =>
			Object.Call(name_set_compression_mode, (long)mode);

		private static readonly StringName name_set_dtls = "set_dtls";

		public static Error SetDtls(TlsOptions options, string hostname = "") =>
			(Error)Object.Call(name_set_dtls, options, hostname).AsInt64();

		private static readonly StringName name_set_linger_time = "set_linger_time";

		public static void SetLingerTime(double seconds) =>
			Object.Call(name_set_linger_time, seconds);

		private static readonly StringName name_set_network_conditions = "set_network_conditions";

		public static Error SetNetworkConditions(Variant conditions) =>
			(Error)Object.Call(name_set_network_conditions, conditions).AsInt64();

		private static readonly StringName name_set_poll_rate = "set_poll_rate";

		public static void SetPollRate(long rateMs) =>
			Object.Call(name_set_poll_rate, rateMs);

		private static readonly StringName name_stop_discovery = "stop_discovery";

		public static void StopDiscovery() =>
			Object.Call(name_stop_discovery);

		private static readonly StringName name_trigger_event = "trigger_event";

		public static Error TriggerEvent(string eventName, Godot.Collections.Dictionary payload, long channel = 0, bool reliable = true) =>
			(Error)Object.Call(name_trigger_event, eventName, payload ?? new Godot.Collections.Dictionary(), channel, reliable).AsInt64();

		private static readonly StringName name_unregister_event = "unregister_event";

		public static void UnregisterEvent(string eventName) =>
			Object.Call(name_unregister_event, eventName);

		private static readonly StringName name_connected_to_server = "connected_to_server";
		private static Action connectedToServerHandlers;

		/// <summary>The signal connected_to_server().</summary>
		public static event Action ConnectedToServer
		{
			add
			{
				if (connectedToServerHandlers == null) Object.Connect(name_connected_to_server, Callable.From(OnConnectedToServer));
				connectedToServerHandlers += value;
			}
			remove
			{
				if (connectedToServerHandlers == null) return;
				connectedToServerHandlers -= value;
				if (connectedToServerHandlers == null && Object.IsConnected(name_connected_to_server, Callable.From(OnConnectedToServer))) Object.Disconnect(name_connected_to_server, Callable.From(OnConnectedToServer));
			}
		}

		private static void OnConnectedToServer() => connectedToServerHandlers?.Invoke();

		private static readonly StringName name_connection_failed = "connection_failed";
		private static Action<string> connectionFailedHandlers;

		/// <summary>The signal connection_failed(reason).</summary>
		public static event Action<string> ConnectionFailed
		{
			add
			{
				if (connectionFailedHandlers == null) Object.Connect(name_connection_failed, Callable.From<string>(OnConnectionFailed));
				connectionFailedHandlers += value;
			}
			remove
			{
				if (connectionFailedHandlers == null) return;
				connectionFailedHandlers -= value;
				if (connectionFailedHandlers == null && Object.IsConnected(name_connection_failed, Callable.From<string>(OnConnectionFailed))) Object.Disconnect(name_connection_failed, Callable.From<string>(OnConnectionFailed));
			}
		}

		private static void OnConnectionFailed(string reason) => connectionFailedHandlers?.Invoke(reason);

		private static readonly StringName name_custom_event_received = "custom_event_received";
		private static Action<string, Variant, long> customEventReceivedHandlers;

		/// <summary>The signal custom_event_received(event_name, payload, channel).</summary>
		public static event Action<string, Variant, long> CustomEventReceived
		{
			add
			{
				if (customEventReceivedHandlers == null) Object.Connect(name_custom_event_received, Callable.From<string, Variant, long>(OnCustomEventReceived));
				customEventReceivedHandlers += value;
			}
			remove
			{
				if (customEventReceivedHandlers == null) return;
				customEventReceivedHandlers -= value;
				if (customEventReceivedHandlers == null && Object.IsConnected(name_custom_event_received, Callable.From<string, Variant, long>(OnCustomEventReceived))) Object.Disconnect(name_custom_event_received, Callable.From<string, Variant, long>(OnCustomEventReceived));
			}
		}

		private static void OnCustomEventReceived(string eventName, Variant payload, long channel) => customEventReceivedHandlers?.Invoke(eventName, payload, channel);

		private static readonly StringName name_disconnected_from_server = "disconnected_from_server";
		private static Action<string> disconnectedFromServerHandlers;

		/// <summary>The signal disconnected_from_server(reason).</summary>
		public static event Action<string> DisconnectedFromServer
		{
			add
			{
				if (disconnectedFromServerHandlers == null) Object.Connect(name_disconnected_from_server, Callable.From<string>(OnDisconnectedFromServer));
				disconnectedFromServerHandlers += value;
			}
			remove
			{
				if (disconnectedFromServerHandlers == null) return;
				disconnectedFromServerHandlers -= value;
				if (disconnectedFromServerHandlers == null && Object.IsConnected(name_disconnected_from_server, Callable.From<string>(OnDisconnectedFromServer))) Object.Disconnect(name_disconnected_from_server, Callable.From<string>(OnDisconnectedFromServer));
			}
		}

		private static void OnDisconnectedFromServer(string reason) => disconnectedFromServerHandlers?.Invoke(reason);

		private static readonly StringName name_discovery_finished = "discovery_finished";
		private static Action<Godot.Collections.Array> discoveryFinishedHandlers;

		/// <summary>The signal discovery_finished(servers).</summary>
		public static event Action<Godot.Collections.Array> DiscoveryFinished
		{
			add
			{
				if (discoveryFinishedHandlers == null) Object.Connect(name_discovery_finished, Callable.From<Godot.Collections.Array>(OnDiscoveryFinished));
				discoveryFinishedHandlers += value;
			}
			remove
			{
				if (discoveryFinishedHandlers == null) return;
				discoveryFinishedHandlers -= value;
				if (discoveryFinishedHandlers == null && Object.IsConnected(name_discovery_finished, Callable.From<Godot.Collections.Array>(OnDiscoveryFinished))) Object.Disconnect(name_discovery_finished, Callable.From<Godot.Collections.Array>(OnDiscoveryFinished));
			}
		}

		private static void OnDiscoveryFinished(Godot.Collections.Array servers) => discoveryFinishedHandlers?.Invoke(servers);

		private static readonly StringName name_packet_received = "packet_received";
		private static Action<Variant, long> packetReceivedHandlers;

		/// <summary>The signal packet_received(packet, channel).</summary>
		public static event Action<Variant, long> PacketReceived
		{
			add
			{
				if (packetReceivedHandlers == null) Object.Connect(name_packet_received, Callable.From<Variant, long>(OnPacketReceived));
				packetReceivedHandlers += value;
			}
			remove
			{
				if (packetReceivedHandlers == null) return;
				packetReceivedHandlers -= value;
				if (packetReceivedHandlers == null && Object.IsConnected(name_packet_received, Callable.From<Variant, long>(OnPacketReceived))) Object.Disconnect(name_packet_received, Callable.From<Variant, long>(OnPacketReceived));
			}
		}

		private static void OnPacketReceived(Variant packet, long channel) => packetReceivedHandlers?.Invoke(packet, channel);

		private static readonly StringName name_raw_packet_received = "raw_packet_received";
		private static Action<byte[], long> rawPacketReceivedHandlers;

		/// <summary>The signal raw_packet_received(data, channel).</summary>
		public static event Action<byte[], long> RawPacketReceived
		{
			add
			{
				if (rawPacketReceivedHandlers == null) Object.Connect(name_raw_packet_received, Callable.From<byte[], long>(OnRawPacketReceived));
				rawPacketReceivedHandlers += value;
			}
			remove
			{
				if (rawPacketReceivedHandlers == null) return;
				rawPacketReceivedHandlers -= value;
				if (rawPacketReceivedHandlers == null && Object.IsConnected(name_raw_packet_received, Callable.From<byte[], long>(OnRawPacketReceived))) Object.Disconnect(name_raw_packet_received, Callable.From<byte[], long>(OnRawPacketReceived));
			}
		}

		private static void OnRawPacketReceived(byte[] data, long channel) => rawPacketReceivedHandlers?.Invoke(data, channel);

		private static readonly StringName name_server_discovered = "server_discovered";
		private static Action<Godot.Collections.Dictionary> serverDiscoveredHandlers;

		/// <summary>The signal server_discovered(server).</summary>
		public static event Action<Godot.Collections.Dictionary> ServerDiscovered
		{
			add
			{
				if (serverDiscoveredHandlers == null) Object.Connect(name_server_discovered, Callable.From<Godot.Collections.Dictionary>(OnServerDiscovered));
				serverDiscoveredHandlers += value;
			}
			remove
			{
				if (serverDiscoveredHandlers == null) return;
				serverDiscoveredHandlers -= value;
				if (serverDiscoveredHandlers == null && Object.IsConnected(name_server_discovered, Callable.From<Godot.Collections.Dictionary>(OnServerDiscovered))) Object.Disconnect(name_server_discovered, Callable.From<Godot.Collections.Dictionary>(OnServerDiscovered));
			}
		}

		private static void OnServerDiscovered(Godot.Collections.Dictionary server) => serverDiscoveredHandlers?.Invoke(server);

		private static readonly StringName name_unknown_event_received = "unknown_event_received";
		private static Action<string, Variant, long> unknownEventReceivedHandlers;

		/// <summary>The signal unknown_event_received(event_name, payload, channel).</summary>
		public static event Action<string, Variant, long> UnknownEventReceived
		{
			add
			{
				if (unknownEventReceivedHandlers == null) Object.Connect(name_unknown_event_received, Callable.From<string, Variant, long>(OnUnknownEventReceived));
				unknownEventReceivedHandlers += value;
			}
			remove
			{
				if (unknownEventReceivedHandlers == null) return;
				unknownEventReceivedHandlers -= value;
				if (unknownEventReceivedHandlers == null && Object.IsConnected(name_unknown_event_received, Callable.From<string, Variant, long>(OnUnknownEventReceived))) Object.Disconnect(name_unknown_event_received, Callable.From<string, Variant, long>(OnUnknownEventReceived));
			}
		}

		private static void OnUnknownEventReceived(string eventName, Variant payload, long channel) => unknownEventReceivedHandlers?.Invoke(eventName, payload, channel);
	}
}
