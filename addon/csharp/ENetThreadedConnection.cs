// Written by ./build.sh csharp from the class itself; changes belong into tools/csharp.gd.
using System;
using Godot;

namespace GodotENet
{
	/// <summary>ENetThreadedConnection, typed; the class reference of that name in the editor says what its members do.</summary>
	public sealed class ENetThreadedConnection
	{
		/// <summary>The object itself, to be handed to the engine.</summary>
		public RefCounted Object { get; }

		/// <summary>Wraps an object of the class, such as one that a Callable of yours is called with.</summary>
		public ENetThreadedConnection(GodotObject instance)
		{
			Object = (RefCounted)instance;
		}

		public ENetThreadedConnection() : this(ClassDB.Instantiate("ENetThreadedConnection").AsGodotObject()) { }

		internal static ENetThreadedConnection Of(Variant value)
		{
			var instance = value.AsGodotObject();
			return instance == null ? null : new ENetThreadedConnection(instance);
		}

		/// <summary>Wrappers of the same object are equal.</summary>
		public override bool Equals(object other) => other is ENetThreadedConnection wrapper && wrapper.Object == Object;

		public override int GetHashCode() => Object.GetHashCode();

		public enum EventType : long
		{
			Error = -1,
			None = 0,
			Connect = 1,
			Disconnect = 2,
			Receive = 3,
		}

		public enum CompressionMode : long
		{
			None = 0,
			RangeCoder = 1,
			Fastlz = 2,
			Zlib = 3,
			Zstd = 4,
		}

		public enum HostStatistic : long
		{
			SentData = 0,
			SentPackets = 1,
			ReceivedData = 2,
			ReceivedPackets = 3,
		}

		private static readonly StringName name_bandwidth_limit = "bandwidth_limit";

		public void BandwidthLimit(long inBandwidth = 0, long outBandwidth = 0) =>
			Object.Call(name_bandwidth_limit, inBandwidth, outBandwidth);

		private static readonly StringName name_broadcast = "broadcast";

		public void Broadcast(long channel, byte[] packet, long flags) =>
			Object.Call(name_broadcast, channel, packet, flags);

		private static readonly StringName name_channel_limit = "channel_limit";

		public void ChannelLimit(long limit) =>
			Object.Call(name_channel_limit, limit);

		private static readonly StringName name_compress = "compress";

		public void Compress(CompressionMode mode) =>
			Object.Call(name_compress, (long)mode);

		private static readonly StringName name_connect_to_host = "connect_to_host";

		public ENetThreadedPacketPeer ConnectToHost(string address, long port, long channels = 0, long data = 0) =>
			ENetThreadedPacketPeer.Of(Object.Call(name_connect_to_host, address, port, channels, data));

		private static readonly StringName name_create_host = "create_host";

		public Error CreateHost(long maxPeers = 32, long maxChannels = 0, long inBandwidth = 0, long outBandwidth = 0) =>
			(Error)Object.Call(name_create_host, maxPeers, maxChannels, inBandwidth, outBandwidth).AsInt64();

		private static readonly StringName name_create_host_bound = "create_host_bound";

		public Error CreateHostBound(string bindAddress, long bindPort, long maxPeers = 32, long maxChannels = 0, long inBandwidth = 0, long outBandwidth = 0) =>
			(Error)Object.Call(name_create_host_bound, bindAddress, bindPort, maxPeers, maxChannels, inBandwidth, outBandwidth).AsInt64();

		private static readonly StringName name_destroy = "destroy";

		public void Destroy() =>
			Object.Call(name_destroy);

		private static readonly StringName name_dtls_client_setup = "dtls_client_setup";

		public Error DtlsClientSetup(string hostname, TlsOptions clientOptions = null) =>
			(Error)Object.Call(name_dtls_client_setup, hostname, clientOptions).AsInt64();

		private static readonly StringName name_dtls_server_setup = "dtls_server_setup";

		public Error DtlsServerSetup(TlsOptions serverOptions) =>
			(Error)Object.Call(name_dtls_server_setup, serverOptions).AsInt64();

		private static readonly StringName name_flush = "flush";

		public void Flush() =>
			Object.Call(name_flush);

		private static readonly StringName name_get_local_port = "get_local_port";

		public long GetLocalPort() =>
			Object.Call(name_get_local_port).AsInt64();

		private static readonly StringName name_get_max_channels = "get_max_channels";

		public long GetMaxChannels() =>
			Object.Call(name_get_max_channels).AsInt64();

		private static readonly StringName name_get_network_conditions = "get_network_conditions";

		public Godot.Collections.Dictionary GetNetworkConditions() =>
			Object.Call(name_get_network_conditions).AsGodotDictionary();

		private static readonly StringName name_get_peers = "get_peers";

		public Godot.Collections.Array GetPeers() =>
			Object.Call(name_get_peers).AsGodotArray();

		private static readonly StringName name_get_statistics = "get_statistics";

		public Godot.Collections.Dictionary GetStatistics() =>
			Object.Call(name_get_statistics).AsGodotDictionary();

		private static readonly StringName name_pop_statistic = "pop_statistic";

		public double PopStatistic(HostStatistic statistic) =>
			Object.Call(name_pop_statistic, (long)statistic).AsDouble();

		private static readonly StringName name_refuse_new_connections = "refuse_new_connections";

		public void RefuseNewConnections(bool refuse) =>
			Object.Call(name_refuse_new_connections, refuse);

		private static readonly StringName name_service = "service";

		public Godot.Collections.Array Service(long timeout = 0) =>
			Object.Call(name_service, timeout).AsGodotArray();

		private static readonly StringName name_set_network_conditions = "set_network_conditions";

		public Error SetNetworkConditions(Variant conditions) =>
			(Error)Object.Call(name_set_network_conditions, conditions).AsInt64();

		private static readonly StringName name_socket_send = "socket_send";

		public void SocketSend(string destinationAddress, long destinationPort, byte[] packet) =>
			Object.Call(name_socket_send, destinationAddress, destinationPort, packet);
	}
}
