// Written by ./build.sh csharp from the class itself; changes belong into tools/csharp.gd.
using System;
using Godot;

namespace GodotENet
{
	/// <summary>NetworkedMultiplayerENet, typed; the class reference of that name in the editor says what its members do.</summary>
	public sealed class NetworkedMultiplayerENet
	{
		/// <summary>The object itself, to be handed to the engine.</summary>
		public MultiplayerPeerExtension Object { get; }

		/// <summary>Wraps an object of the class, such as one that a Callable of yours is called with.</summary>
		public NetworkedMultiplayerENet(GodotObject instance)
		{
			Object = (MultiplayerPeerExtension)instance;
		}

		public NetworkedMultiplayerENet() : this(ClassDB.Instantiate("NetworkedMultiplayerENet").AsGodotObject()) { }

		internal static NetworkedMultiplayerENet Of(Variant value)
		{
			var instance = value.AsGodotObject();
			return instance == null ? null : new NetworkedMultiplayerENet(instance);
		}

		/// <summary>Wrappers of the same object are equal.</summary>
		public override bool Equals(object other) => other is NetworkedMultiplayerENet wrapper && wrapper.Object == Object;

		public override int GetHashCode() => Object.GetHashCode();

		public enum CompressionModeEnum : long
		{
			None = 0,
			RangeCoder = 1,
			Fastlz = 2,
			Zlib = 3,
			Zstd = 4,
		}

		private static readonly StringName name_always_ordered = "always_ordered";

		public bool AlwaysOrdered
		{
			get => Object.Get(name_always_ordered).AsBool();
			set => Object.Set(name_always_ordered, value);
		}

		private static readonly StringName name_channel_count = "channel_count";

		public long ChannelCount
		{
			get => Object.Get(name_channel_count).AsInt64();
			set => Object.Set(name_channel_count, value);
		}

		private static readonly StringName name_compression_mode = "compression_mode";

		public long CompressionMode
		{
			get => Object.Get(name_compression_mode).AsInt64();
			set => Object.Set(name_compression_mode, value);
		}

		private static readonly StringName name_dtls_verify = "dtls_verify";

		public bool DtlsVerify
		{
			get => Object.Get(name_dtls_verify).AsBool();
			set => Object.Set(name_dtls_verify, value);
		}

		private static readonly StringName name_server_relay = "server_relay";

		public bool ServerRelay
		{
			get => Object.Get(name_server_relay).AsBool();
			set => Object.Set(name_server_relay, value);
		}

		private static readonly StringName name_use_dtls = "use_dtls";

		public bool UseDtls
		{
			get => Object.Get(name_use_dtls).AsBool();
			set => Object.Set(name_use_dtls, value);
		}

		private static readonly StringName name_close_connection = "close_connection";

		public void CloseConnection(long waitUsec = 100) =>
			Object.Call(name_close_connection, waitUsec);

		private static readonly StringName name_create_client = "create_client";

		public Error CreateClient(string address, long port, long inBandwidth = 0, long outBandwidth = 0, long clientPort = 0) =>
			(Error)Object.Call(name_create_client, address, port, inBandwidth, outBandwidth, clientPort).AsInt64();

		private static readonly StringName name_create_server = "create_server";

		public Error CreateServer(long port, long maxClients = 32, long inBandwidth = 0, long outBandwidth = 0) =>
			(Error)Object.Call(name_create_server, port, maxClients, inBandwidth, outBandwidth).AsInt64();

		private static readonly StringName name_get_dropped_packet_count = "get_dropped_packet_count";

		public long GetDroppedPacketCount() =>
			Object.Call(name_get_dropped_packet_count).AsInt64();

		private static readonly StringName name_get_last_packet_channel = "get_last_packet_channel";

		public long GetLastPacketChannel() =>
			Object.Call(name_get_last_packet_channel).AsInt64();

		private static readonly StringName name_get_local_port = "get_local_port";

		public long GetLocalPort() =>
			Object.Call(name_get_local_port).AsInt64();

		private static readonly StringName name_get_peer_address = "get_peer_address";

		public string GetPeerAddress(long id) =>
			Object.Call(name_get_peer_address, id).AsString();

		private static readonly StringName name_get_peer_port = "get_peer_port";

		public long GetPeerPort(long id) =>
			Object.Call(name_get_peer_port, id).AsInt64();

		private static readonly StringName name_set_bind_ip = "set_bind_ip";

		public void SetBindIp(string ip) =>
			Object.Call(name_set_bind_ip, ip);

		private static readonly StringName name_set_dtls_certificate = "set_dtls_certificate";

		public void SetDtlsCertificate(X509Certificate certificate) =>
			Object.Call(name_set_dtls_certificate, certificate);

		private static readonly StringName name_set_dtls_key = "set_dtls_key";

		public void SetDtlsKey(CryptoKey key) =>
			Object.Call(name_set_dtls_key, key);

		private static readonly StringName name_set_peer_timeout = "set_peer_timeout";

		public void SetPeerTimeout(long id, long timeoutLimit, long timeoutMin, long timeoutMax) =>
			Object.Call(name_set_peer_timeout, id, timeoutLimit, timeoutMin, timeoutMax);

		private static readonly StringName name_connection_failed = "connection_failed";
		private Action connectionFailedHandlers;

		/// <summary>The signal connection_failed().</summary>
		public event Action ConnectionFailed
		{
			add
			{
				if (connectionFailedHandlers == null) Object.Connect(name_connection_failed, Callable.From(OnConnectionFailed));
				connectionFailedHandlers += value;
			}
			remove
			{
				if (connectionFailedHandlers == null) return;
				connectionFailedHandlers -= value;
				if (connectionFailedHandlers == null && Object.IsConnected(name_connection_failed, Callable.From(OnConnectionFailed))) Object.Disconnect(name_connection_failed, Callable.From(OnConnectionFailed));
			}
		}

		private void OnConnectionFailed() => connectionFailedHandlers?.Invoke();

		private static readonly StringName name_connection_succeeded = "connection_succeeded";
		private Action connectionSucceededHandlers;

		/// <summary>The signal connection_succeeded().</summary>
		public event Action ConnectionSucceeded
		{
			add
			{
				if (connectionSucceededHandlers == null) Object.Connect(name_connection_succeeded, Callable.From(OnConnectionSucceeded));
				connectionSucceededHandlers += value;
			}
			remove
			{
				if (connectionSucceededHandlers == null) return;
				connectionSucceededHandlers -= value;
				if (connectionSucceededHandlers == null && Object.IsConnected(name_connection_succeeded, Callable.From(OnConnectionSucceeded))) Object.Disconnect(name_connection_succeeded, Callable.From(OnConnectionSucceeded));
			}
		}

		private void OnConnectionSucceeded() => connectionSucceededHandlers?.Invoke();

		private static readonly StringName name_server_disconnected = "server_disconnected";
		private Action serverDisconnectedHandlers;

		/// <summary>The signal server_disconnected().</summary>
		public event Action ServerDisconnected
		{
			add
			{
				if (serverDisconnectedHandlers == null) Object.Connect(name_server_disconnected, Callable.From(OnServerDisconnected));
				serverDisconnectedHandlers += value;
			}
			remove
			{
				if (serverDisconnectedHandlers == null) return;
				serverDisconnectedHandlers -= value;
				if (serverDisconnectedHandlers == null && Object.IsConnected(name_server_disconnected, Callable.From(OnServerDisconnected))) Object.Disconnect(name_server_disconnected, Callable.From(OnServerDisconnected));
			}
		}

		private void OnServerDisconnected() => serverDisconnectedHandlers?.Invoke();
	}
}
