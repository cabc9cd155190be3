// Written by ./build.sh csharp from the class itself; changes belong into tools/csharp.gd.
using System;
using Godot;

namespace GodotENet
{
	/// <summary>ENetThreadedPacketPeer, typed; the class reference of that name in the editor says what its members do.</summary>
	public sealed class ENetThreadedPacketPeer
	{
		/// <summary>The object itself, to be handed to the engine.</summary>
		public PacketPeerExtension Object { get; }

		/// <summary>Wraps an object of the class, such as one that a Callable of yours is called with.</summary>
		public ENetThreadedPacketPeer(GodotObject instance)
		{
			Object = (PacketPeerExtension)instance;
		}

		internal static ENetThreadedPacketPeer Of(Variant value)
		{
			var instance = value.AsGodotObject();
			return instance == null ? null : new ENetThreadedPacketPeer(instance);
		}

		/// <summary>Wrappers of the same object are equal.</summary>
		public override bool Equals(object other) => other is ENetThreadedPacketPeer wrapper && wrapper.Object == Object;

		public override int GetHashCode() => Object.GetHashCode();

		public enum PeerState : long
		{
			Disconnected = 0,
			Connecting = 1,
			AcknowledgingConnect = 2,
			ConnectionPending = 3,
			ConnectionSucceeded = 4,
			Connected = 5,
			DisconnectLater = 6,
			Disconnecting = 7,
			AcknowledgingDisconnect = 8,
			Zombie = 9,
		}

		public enum PeerStatistic : long
		{
			PacketLoss = 0,
			PacketLossVariance = 1,
			PacketLossEpoch = 2,
			RoundTripTime = 3,
			RoundTripTimeVariance = 4,
			LastRoundTripTime = 5,
			LastRoundTripTimeVariance = 6,
			PacketThrottle = 7,
			PacketThrottleLimit = 8,
			PacketThrottleCounter = 9,
			PacketThrottleEpoch = 10,
			PacketThrottleAcceleration = 11,
			PacketThrottleDeceleration = 12,
			PacketThrottleInterval = 13,
		}

		public const long PacketLossScale = 65536;

		public const long PacketThrottleScale = 32;

		public const long FlagReliable = 1;

		public const long FlagUnsequenced = 2;

		public const long FlagUnreliableFragment = 8;

		private static readonly StringName name_get_channels = "get_channels";

		public long GetChannels() =>
			Object.Call(name_get_channels).AsInt64();

		private static readonly StringName name_get_packet_flags = "get_packet_flags";

		public long GetPacketFlags() =>
			Object.Call(name_get_packet_flags).AsInt64();

		private static readonly StringName name_get_remote_address = "get_remote_address";

		public string GetRemoteAddress() =>
			Object.Call(name_get_remote_address).AsString();

		private static readonly StringName name_get_remote_port = "get_remote_port";

		public long GetRemotePort() =>
			Object.Call(name_get_remote_port).AsInt64();

		private static readonly StringName name_get_state = "get_state";

		public PeerState GetState() =>
			(PeerState)Object.Call(name_get_state).AsInt64();

		private static readonly StringName name_get_statistic = "get_statistic";

		public double GetStatistic(PeerStatistic statistic) =>
			Object.Call(name_get_statistic, (long)statistic).AsDouble();

		private static readonly StringName name_get_statistics = "get_statistics";

		public Godot.Collections.Dictionary GetStatistics() =>
			Object.Call(name_get_statistics).AsGodotDictionary();

		private static readonly StringName name_is_active = "is_active";

		public bool IsActive() =>
			Object.Call(name_is_active).AsBool();

		private static readonly StringName name_peer_disconnect = "peer_disconnect";

		public void PeerDisconnect(long data = 0) =>
			Object.Call(name_peer_disconnect, data);

		private static readonly StringName name_peer_disconnect_later = "peer_disconnect_later";

		public void PeerDisconnectLater(long data = 0) =>
			Object.Call(name_peer_disconnect_later, data);

		private static readonly StringName name_peer_disconnect_now = "peer_disconnect_now";

		public void PeerDisconnectNow(long data = 0) =>
			Object.Call(name_peer_disconnect_now, data);

		private static readonly StringName name_ping = "ping";

		public void Ping() =>
			Object.Call(name_ping);

		private static readonly StringName name_ping_interval = "ping_interval";

		public void PingInterval(long pingInterval) =>
			Object.Call(name_ping_interval, pingInterval);

		private static readonly StringName name_reset = "reset";

		public void Reset() =>
			Object.Call(name_reset);

		private static readonly StringName name_send = "send";

		public Error Send(long channel, byte[] packet, long flags) =>
			(Error)Object.Call(name_send, channel, packet, flags).AsInt64();

		private static readonly StringName name_set_timeout = "set_timeout";

		public void SetTimeout(long timeout, long timeoutMin, long timeoutMax) =>
			Object.Call(name_set_timeout, timeout, timeoutMin, timeoutMax);

		private static readonly StringName name_throttle_configure = "throttle_configure";

		public void ThrottleConfigure(long interval, long acceleration, long deceleration) =>
			Object.Call(name_throttle_configure, interval, acceleration, deceleration);
	}
}
