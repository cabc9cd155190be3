// As much of Godot's C# as the wrapper uses, so that it can be compiled and run without an engine. What the wrapper asks of an
// object is written down in `Calls`; a test says in `Answers` what the object gives back.
using System;
using System.Collections.Generic;
using System.Linq;

namespace Godot
{
	public enum Error : long { Ok, Failed, Unavailable }

	public sealed class StringName
	{
		private readonly string text;
		public StringName(string text) { this.text = text; }
		public static implicit operator StringName(string text) => new StringName(text);
		public override string ToString() => text;
	}

	public struct Vector3I { }

	public struct Variant
	{
		public object Value;
		private Variant(object value) { Value = value; }
		public static implicit operator Variant(bool value) => new Variant(value);
		public static implicit operator Variant(long value) => new Variant(value);
		public static implicit operator Variant(double value) => new Variant(value);
		public static implicit operator Variant(string value) => new Variant(value);
		public static implicit operator Variant(StringName value) => new Variant(value);
		public static implicit operator Variant(byte[] value) => new Variant(value);
		public static implicit operator Variant(int[] value) => new Variant(value);
		public static implicit operator Variant(long[] value) => new Variant(value);
		public static implicit operator Variant(string[] value) => new Variant(value);
		public static implicit operator Variant(Callable value) => new Variant(value);
		public static implicit operator Variant(Vector3I value) => new Variant(value);
		public static implicit operator Variant(Collections.Dictionary value) => new Variant(value);
		public static implicit operator Variant(Collections.Array value) => new Variant(value);
		public static implicit operator Variant(GodotObject value) => new Variant(value);
		public bool AsBool() => Value is bool && (bool)Value;
		public long AsInt64() => Value is long ? (long)Value : 0;
		public double AsDouble() => Value is double ? (double)Value : 0;
		public string AsString() => Value as string ?? "";
		public StringName AsStringName() => Value as StringName;
		public byte[] AsByteArray() => Value as byte[];
		public int[] AsInt32Array() => Value as int[];
		public long[] AsInt64Array() => Value as long[];
		public string[] AsStringArray() => Value as string[];
		public Vector3I AsVector3I() => new Vector3I();
		public Callable AsCallable() => (Callable)Value;
		public Collections.Dictionary AsGodotDictionary() => Value as Collections.Dictionary;
		public Collections.Array AsGodotArray() => Value as Collections.Array;
		public GodotObject AsGodotObject() => Value as GodotObject;
		public override string ToString() => Value is Collections.Array ? "[]" : Value == null ? "null" : Value.ToString();
	}

	public struct Callable
	{
		public Delegate Target;
		public static Callable From(Action action) => new Callable { Target = action };
		public static Callable From<T0>(Action<T0> action) => new Callable { Target = action };
		public static Callable From<T0, T1>(Action<T0, T1> action) => new Callable { Target = action };
		public static Callable From<T0, T1, T2>(Action<T0, T1, T2> action) => new Callable { Target = action };
		public static Callable From<T0, T1, T2, T3>(Action<T0, T1, T2, T3> action) => new Callable { Target = action };
	}

	public class GodotObject
	{
		public readonly List<string> Calls = new List<string>();
		public readonly Dictionary<string, Variant> Answers = new Dictionary<string, Variant>();
		public readonly List<KeyValuePair<string, Delegate>> Connections = new List<KeyValuePair<string, Delegate>>();

		public static bool IsInstanceValid(GodotObject instance) => instance != null;

		public Variant Call(StringName method, params Variant[] arguments)
		{
			Calls.Add(method + "(" + string.Join(", ", arguments.Select(one => one.ToString())) + ")");
			Variant answer;
			Answers.TryGetValue(method.ToString(), out answer);
			return answer;
		}

		public Variant Get(StringName property) => Answers[property.ToString()];
		public void Set(StringName property, Variant value) => Answers[property.ToString()] = value;

		public Error Connect(StringName signal, Callable callable, uint flags = 0)
		{
			Connections.Add(new KeyValuePair<string, Delegate>(signal.ToString(), callable.Target));
			return Error.Ok;
		}

		public bool IsConnected(StringName signal, Callable callable) =>
			Connections.Contains(new KeyValuePair<string, Delegate>(signal.ToString(), callable.Target));

		public void Disconnect(StringName signal, Callable callable) =>
			Connections.Remove(new KeyValuePair<string, Delegate>(signal.ToString(), callable.Target));

		public void EmitSignal(string signal, params object[] arguments)
		{
			foreach (var connection in Connections.Where(one => one.Key == signal).ToList()) connection.Value.DynamicInvoke(arguments);
		}
	}

	public class RefCounted : GodotObject { }
	public class Node : GodotObject { }
	public class MultiplayerPeer : RefCounted { }
	public class MultiplayerPeerExtension : MultiplayerPeer { }
	public class PacketPeer : RefCounted { }
	public class PacketPeerExtension : PacketPeer { }
	public class TlsOptions : RefCounted { }
	public class CryptoKey : RefCounted { }
	public class X509Certificate : RefCounted { }

	public static class Engine
	{
		private static readonly Dictionary<string, GodotObject> singletons = new Dictionary<string, GodotObject>();

		public static GodotObject GetSingleton(StringName name)
		{
			GodotObject singleton;
			if (!singletons.TryGetValue(name.ToString(), out singleton)) singletons[name.ToString()] = singleton = new GodotObject();
			return singleton;
		}
	}

	public static class ClassDB
	{
		public static Variant Instantiate(StringName name) =>
			name.ToString().EndsWith("PacketPeer") ? new PacketPeerExtension()
			: name.ToString().Contains("Multiplayer") ? (GodotObject)new MultiplayerPeerExtension() : new RefCounted();
	}
}

namespace Godot.Collections
{
	public class Dictionary { }
	public class Array { }
}
