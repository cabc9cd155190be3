// Written by ./build.sh csharp from the class itself; changes belong into tools/csharp.gd.
using System;
using Godot;

namespace GodotENet
{
	/// <summary>ENetThreadedMultiplayerPeer, typed; the class reference of that name in the editor says what its members do.</summary>
	public sealed class ENetThreadedMultiplayerPeer
	{
		/// <summary>The object itself, to be handed to the engine.</summary>
		public MultiplayerPeerExtension Object { get; }

		/// <summary>Wraps an object of the class, such as one that a Callable of yours is called with.</summary>
		public ENetThreadedMultiplayerPeer(GodotObject instance)
		{
			Object = (MultiplayerPeerExtension)instance;
		}

		public ENetThreadedMultiplayerPeer() : this(ClassDB.Instantiate("ENetThreadedMultiplayerPeer").AsGodotObject()) { }

		internal static ENetThreadedMultiplayerPeer Of(Variant value)
		{
			var instance = value.AsGodotObject();
			return instance == null ? null : new ENetThreadedMultiplayerPeer(instance);
		}

		/// <summary>Wrappers of the same object are equal.</summary>
		public override bool Equals(object other) => other is ENetThreadedMultiplayerPeer wrapper && wrapper.Object == Object;

		public override int GetHashCode() => Object.GetHashCode();

		private static readonly StringName name_host = "host";

		public ENetThreadedConnection Host
		{
			get => ENetThreadedConnection.Of(Object.Get(name_host));
		}

		private static readonly StringName name_add_mesh_peer = "add_mesh_peer";

		public Error AddMeshPeer(long peerId, ENetThreadedConnection host) =>
			(Error)Object.Call(name_add_mesh_peer, peerId, host?.Object).AsInt64();

		private static readonly StringName name_create_client = "create_client";

		public Error CreateClient(string address, long port, long channelCount = 0, long inBandwidth = 0, long outBandwidth = 0, long localPort = 0) =>
			(Error)Object.Call(name_create_client, address, port, channelCount, inBandwidth, outBandwidth, localPort).AsInt64();

		private static readonly StringName name_create_mesh = "create_mesh";

		public Error CreateMesh(long uniqueId) =>
			(Error)Object.Call(name_create_mesh, uniqueId).AsInt64();

		private static readonly StringName name_create_server = "create_server";

		public Error CreateServer(long port, long maxClients = 32, long maxChannels = 0, long inBandwidth = 0, long outBandwidth = 0) =>
			(Error)Object.Call(name_create_server, port, maxClients, maxChannels, inBandwidth, outBandwidth).AsInt64();

		private static readonly StringName name_get_network_conditions = "get_network_conditions";

		public Godot.Collections.Dictionary GetNetworkConditions() =>
			Object.Call(name_get_network_conditions).AsGodotDictionary();

		private static readonly StringName name_get_peer = "get_peer";

		public ENetThreadedPacketPeer GetPeer(long id) =>
			ENetThreadedPacketPeer.Of(Object.Call(name_get_peer, id));

		private static readonly StringName name_set_bind_ip = "set_bind_ip";

		public void SetBindIp(string ip) =>
			Object.Call(name_set_bind_ip, ip);

		private static readonly StringName name_set_network_conditions = "set_network_conditions";

		public Error SetNetworkConditions(Variant conditions) =>
			(Error)Object.Call(name_set_network_conditions, conditions).AsInt64();
	}
}
