// Written by ./build.sh csharp from the class itself; changes belong into tools/csharp.gd.
using System;
using Godot;

namespace GodotENet
{
	/// <summary>ENetPacketUtils, typed; the class reference of that name in the editor says what its members do.</summary>
	public static class ENetPacketUtils
	{
		private static GodotObject instance;

		/// <summary>The singleton itself.</summary>
		public static GodotObject Object
		{
			get
			{
				if (!GodotObject.IsInstanceValid(instance)) instance = Engine.GetSingleton("ENetPacketUtils");
				return instance;
			}
		}

		public enum NodeSyncFlags : long
		{
			Properties = 1,
			MetadataOnly = 2,
			TransformOnly = 4,
			Custom = 8,
		}

		public enum PacketType : long
		{
			Raw = 0,
			Variant = 1,
			Dictionary = 2,
			Json = 3,
			String = 4,
			Node = 5,
		}

		private static readonly StringName name_decode_auto = "decode_auto";

		public static Variant DecodeAuto(byte[] data) =>
			Object.Call(name_decode_auto, data);

		private static readonly StringName name_decode_dictionary = "decode_dictionary";

		public static Godot.Collections.Dictionary DecodeDictionary(byte[] data) =>
			Object.Call(name_decode_dictionary, data).AsGodotDictionary();

		private static readonly StringName name_decode_json = "decode_json";

		public static string DecodeJson(byte[] data) =>
			Object.Call(name_decode_json, data).AsString();

		private static readonly StringName name_decode_node_metadata = "decode_node_metadata";

		public static Godot.Collections.Dictionary DecodeNodeMetadata(byte[] data) =>
			Object.Call(name_decode_node_metadata, data).AsGodotDictionary();

		private static readonly StringName name_decode_string = "decode_string";

		public static string DecodeString(byte[] data) =>
			Object.Call(name_decode_string, data).AsString();

		private static readonly StringName name_decode_variant = "decode_variant";

		public static Variant DecodeVariant(byte[] data) =>
			Object.Call(name_decode_variant, data);

		private static readonly StringName name_encode_auto = "encode_auto";

		public static byte[] EncodeAuto(Variant variant) =>
			Object.Call(name_encode_auto, variant).AsByteArray();

		private static readonly StringName name_encode_dictionary = "encode_dictionary";

		public static byte[] EncodeDictionary(Godot.Collections.Dictionary dictionary) =>
			Object.Call(name_encode_dictionary, dictionary ?? new Godot.Collections.Dictionary()).AsByteArray();

		private static readonly StringName name_encode_json = "encode_json";

		public static byte[] EncodeJson(string json) =>
			Object.Call(name_encode_json, json).AsByteArray();

		private static readonly StringName name_encode_node = "encode_node";

		public static byte[] EncodeNode(Node node, NodeSyncFlags flags) =>
			Object.Call(name_encode_node, node, (long)flags).AsByteArray();

		private static readonly StringName name_encode_string = "encode_string";

		public static byte[] EncodeString(string @string) =>
			Object.Call(name_encode_string, @string).AsByteArray();

		private static readonly StringName name_encode_variant = "encode_variant";

		public static byte[] EncodeVariant(Variant variant) =>
			Object.Call(name_encode_variant, variant).AsByteArray();
	}
}
