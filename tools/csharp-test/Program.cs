// Speaks to the wrapper as a game in C# does, and looks at what reaches the objects behind it.
using System;
using System.Collections.Generic;
using Godot;
using GodotENet;

public static class Program
{
	private static int failed;

	public static int Main()
	{
		CallsAreForwarded();
		AnswersAreTyped();
		EventsFollowTheirHandlers();
		PeersAreWrapped();
		Console.WriteLine(failed == 0 ? "the wrapper passes" : failed + " failed");
		return failed == 0 ? 0 : 1;
	}

	private static void CallsAreForwarded()
	{
		var server = ENetServer.Object;
		ENetServer.CreateServer(7777);
		Same("create_server(7777, 32, 2)", Last(server));
		ENetServer.TriggerEventToAll("chat", new Godot.Collections.Dictionary(), reliable: false);
		Same(true, Last(server).StartsWith("trigger_event_to_all(chat, ") && Last(server).EndsWith(", 0, False, [])"));
		ENetServer.SetAuthenticationMode(ENetServer.AuthMode.Custom);
		Same("set_authentication_mode(2)", Last(server));
		ENetClient.SetCompressionMode(ENetServer.CompressionMode.Lz4);
		Same("set_compression_mode(5)", Last(ENetClient.Object));
		ENetClient.SetDtls(null);
		Same("set_dtls(null, )", Last(ENetClient.Object));
	}

	private static void AnswersAreTyped()
	{
		ENetServer.Object.Answers["create_server"] = (long)Error.Failed;
		Same(Error.Failed, ENetServer.CreateServer(7777, 64));
		ENetClient.Object.Answers["get_connection_status"] = 2L;
		Same(ENetClient.ConnectionStatus.Connected, ENetClient.GetConnectionStatus());
		Same(null, ENetServer.GetPeer(5));
		MultiplayerPeerExtension peer = new ENetThreadedMultiplayerPeer().Object;
		Same(true, peer != null);
	}

	private static void EventsFollowTheirHandlers()
	{
		var client = ENetClient.Object;
		var reasons = new List<string>();
		Action<string> handler = reasons.Add;
		ENetClient.DisconnectedFromServer += handler;
		ENetClient.DisconnectedFromServer += handler;
		Same(1, client.Connections.Count);
		client.EmitSignal("disconnected_from_server", "bye");
		Same(2, reasons.Count);
		ENetClient.DisconnectedFromServer -= handler;
		Same(1, client.Connections.Count);
		ENetClient.DisconnectedFromServer -= handler;
		ENetClient.DisconnectedFromServer -= handler;
		Same(0, client.Connections.Count);
	}

	private static void PeersAreWrapped()
	{
		var raw = new RefCounted();
		raw.Answers["peer_id"] = 7L;
		raw.Answers["connection_state"] = 2L;
		ENetServerPeer seen = null;
		var stage = ENetServer.LimitStage.Warned;
		Action<ENetServerPeer, ENetServer.LimitKind, ENetServer.LimitStage> handler = (peer, kind, reached) => { seen = peer; stage = reached; };
		ENetServer.PeerLimitExceeded += handler;
		ENetServer.Object.EmitSignal("peer_limit_exceeded", raw, 1L, 2L);
		ENetServer.PeerLimitExceeded -= handler;
		Same(ENetServer.LimitStage.Kicked, stage);
		Same(7L, seen.PeerId);
		Same(ENetServerPeer.ConnectionStateEnum.Authenticated, seen.ConnectionState);
		Same(true, seen.Equals(new ENetServerPeer(raw)));
		seen.Reject("spam");
		Same("reject(spam)", Last(raw));
	}

	private static string Last(GodotObject instance) => instance.Calls[instance.Calls.Count - 1];

	private static void Same(object expected, object found)
	{
		if (Equals(expected, found)) return;
		failed++;
		Console.WriteLine("    wrong: expected " + expected + ", found " + found + "\n" + Environment.StackTrace);
	}
}
