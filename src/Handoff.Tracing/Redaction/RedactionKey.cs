using System.Buffers.Binary;
using System.Numerics;
using System.Text;

namespace Handoff.Tracing.Redaction;

/// <summary>Decides about every pseudonym. Recordings redacted with the same key match; without the key nothing leads back to the originals.</summary>
public sealed class RedactionKey
{
    private readonly ulong _first, _second;

    private RedactionKey(ulong first, ulong second) => (_first, _second) = (first, second);

    /// <summary>A key that nobody knows.</summary>
    public static RedactionKey Random()
    {
        Span<byte> bytes = stackalloc byte[32];
        Guid.NewGuid().TryWriteBytes(bytes); // from the system's source of randomness, without a library for ciphers
        Guid.NewGuid().TryWriteBytes(bytes[16..]);
        return Of(bytes);
    }

    /// <summary>A key made of words. Whoever guesses the words can test guesses of names, so let there be several.</summary>
    public static RedactionKey From(string words)
    {
        ArgumentException.ThrowIfNullOrEmpty(words);
        return Of(Encoding.UTF8.GetBytes(words));
    }

    /// <summary>A number that follows from the key, a purpose and a name.</summary>
    internal ulong Hash(string purpose, ReadOnlySpan<byte> name)
    {
        byte[] all = new byte[Encoding.UTF8.GetByteCount(purpose) + 1 + name.Length];
        int length = Encoding.UTF8.GetBytes(purpose, all);
        name.CopyTo(all.AsSpan(length + 1));
        return Hash(_first, _second, all);
    }

    /// <summary>A number that follows from the key and three numbers.</summary>
    internal ulong Hash(ulong a, ulong b, ulong c)
    {
        Span<byte> all = stackalloc byte[24];
        BinaryPrimitives.WriteUInt64LittleEndian(all, a);
        BinaryPrimitives.WriteUInt64LittleEndian(all[8..], b);
        BinaryPrimitives.WriteUInt64LittleEndian(all[16..], c);
        return Hash(_first, _second, all);
    }

    private static RedactionKey Of(ReadOnlySpan<byte> secret) => new(Hash(1, 2, secret), Hash(3, 4, secret));

    // SipHash-2-4, a keyed hash made for short inputs.
    private static ulong Hash(ulong key0, ulong key1, ReadOnlySpan<byte> text)
    {
        ulong v0 = key0 ^ 0x736f6d6570736575, v1 = key1 ^ 0x646f72616e646f6d, v2 = key0 ^ 0x6c7967656e657261, v3 = key1 ^ 0x7465646279746573;
        ulong last = (ulong)text.Length << 56;
        for (; text.Length >= 8; text = text[8..])
            Take(BinaryPrimitives.ReadUInt64LittleEndian(text), ref v0, ref v1, ref v2, ref v3);
        for (int i = 0; i < text.Length; i++)
            last |= (ulong)text[i] << (8 * i);
        Take(last, ref v0, ref v1, ref v2, ref v3);
        v2 ^= 0xff;
        for (int i = 0; i < 4; i++)
            Round(ref v0, ref v1, ref v2, ref v3);
        return v0 ^ v1 ^ v2 ^ v3;
    }

    private static void Take(ulong word, ref ulong v0, ref ulong v1, ref ulong v2, ref ulong v3)
    {
        v3 ^= word;
        Round(ref v0, ref v1, ref v2, ref v3);
        Round(ref v0, ref v1, ref v2, ref v3);
        v0 ^= word;
    }

    private static void Round(ref ulong v0, ref ulong v1, ref ulong v2, ref ulong v3)
    {
        v0 += v1;
        v2 += v3;
        v1 = BitOperations.RotateLeft(v1, 13) ^ v0;
        v3 = BitOperations.RotateLeft(v3, 16) ^ v2;
        v0 = BitOperations.RotateLeft(v0, 32);
        v2 += v1;
        v0 += v3;
        v1 = BitOperations.RotateLeft(v1, 17) ^ v2;
        v3 = BitOperations.RotateLeft(v3, 21) ^ v0;
        v2 = BitOperations.RotateLeft(v2, 32);
    }
}
