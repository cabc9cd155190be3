// Written by ./build.sh csharp from the class itself; changes belong into tools/csharp.gd.
using System;
using Godot;

namespace GodotENet
{
	/// <summary>ENetServerPeer, typed; the class reference of that name in the editor says what its members do.</summary>
	public sealed class ENetServerPeer
	{
		/// <summary>The object itself, to be handed to the engine.</summary>
		public RefCounted Object { get; }

		/// <summary>Wraps an object of the class, such as one that a Callable of yours is called with.</summary>
		public ENetServerPeer(GodotObject instance)
		{
			Object = (RefCounted)instance;
		}

		internal static ENetServerPeer Of(Variant value)
		{
			var instance = value.AsGodotObject();
			return instance == null ? null : new ENetServerPeer(instance);
		}

		/// <summary>Wrappers of the same object are equal.</summary>
		public override bool Equals(object other) => other is ENetServerPeer wrapper && wrapper.Object == Object;

		public override int GetHashCode() => Object.GetHashCode();

		public enum ConnectionStateEnum : long
		{
			Connecting = 0,
			Prelogin = 1,
			Authenticated = 2,
			Disconnecting = 3,
		}

		public enum AuthStateEnum : long
		{
			Pending = 0,
			Approved = 1,
			Rejected = 2,
		}

		private static readonly StringName name_auth_state = "auth_state";

		public AuthStateEnum AuthState
		{
			get => (AuthStateEnum)Object.Get(name_auth_state).AsInt64();
		}

		private static readonly StringName name_connection_state = "connection_state";

		public ConnectionStateEnum ConnectionState
		{
			get => (ConnectionStateEnum)Object.Get(name_connection_state).AsInt64();
		}

		private static readonly StringName name_custom_data = "custom_data";

		public Godot.Collections.Dictionary CustomData
		{
			get => Object.Get(name_custom_data).AsGodotDictionary();
			set => Object.Set(name_custom_data, value ?? new Godot.Collections.Dictionary());
		}

		private static readonly StringName name_peer_id = "peer_id";

		public long PeerId
		{
			get => Object.Get(name_peer_id).AsInt64();
		}

		private static readonly StringName name_remote_address = "remote_address";

		public string RemoteAddress
		{
			get => Object.Get(name_remote_address).AsString();
		}

		private static readonly StringName name_remote_port = "remote_port";

		public long RemotePort
		{
			get => Object.Get(name_remote_port).AsInt64();
		}

		private static readonly StringName name_authenticate = "authenticate";

		public void Authenticate() =>
			Object.Call(name_authenticate);

		private static readonly StringName name_disconnect_peer = "disconnect_peer";

		public void DisconnectPeer(string reason = "") =>
			Object.Call(name_disconnect_peer, reason);

		private static readonly StringName name_get_connection_time = "get_connection_time";

		public double GetConnectionTime() =>
			Object.Call(name_get_connection_time).AsDouble();

		private static readonly StringName name_get_ping = "get_ping";

		public long GetPing() =>
			Object.Call(name_get_ping).AsInt64();

		private static readonly StringName name_get_statistic = "get_statistic";

		public double GetStatistic(ENetThreadedPacketPeer.PeerStatistic statistic) =>
			Object.Call(name_get_statistic, (long)statistic).AsDouble();

		private static readonly StringName name_get_statistics = "get_statistics";

		public Godot.Collections.Dictionary GetStatistics() =>
			Object.Call(name_get_statistics).AsGodotDictionary();

		private static readonly StringName name_reject = "reject";

		public void Reject(string reason = "") =>
			Object.Call(name_reject, reason);

		private static readonly StringName name_send_packet = "send_packet";

		public Error SendPacket(Variant packet, long channel, bool reliable) =>
			(Error)Object.Call(name_send_packet, packet, channel, reliable).AsInt64();

		private static readonly StringName name_send_raw_packet = "send_raw_packet";

		public Error SendRawPacket(byte[] data, long channel, bool reliable) =>
			(Error)Object.Call(name_send_raw_packet, data, channel, reliable).AsInt64();

		private static readonly StringName name_set_rate_limit = "set_rate_limit";

		public void SetRateLimit(long packetsPerSecond, long bytesPerSecond) =>
			Object.Call(name_set_rate_limit, packetsPerSecond, bytesPerSecond);

		private static readonly StringName name_set_timeout = "set_timeout";

		public void SetTimeout(long timeout, long timeoutMin, long timeoutMax) =>
			Object.Call(name_set_timeout, timeout, timeoutMin, timeoutMax);
	}
}
