using Handoff.Tracing.Recordings;
using Handoff.Tracing.Recordings.Input;
using Handoff.Tracing.Recordings.Text;
using ZstdSharp;

namespace Handoff.Tracing.Bundles;

/// <summary>Tells recordings from other files by how they begin, whatever they are called.</summary>
internal static class RecordingProbe
{
    /// <summary>Bytes that are looked at, packed or not.</summary>
    internal const int HeadSize = 256 << 10;

    /// <summary>Bytes after which a stream in which nothing looks like a recording is none.</summary>
    internal const long LongestDoubt = 64L << 20;

    private const int PlainSize = 64 << 10;

    /// <summary>Whether a file begins like a recording; false if it cannot be read.</summary>
    internal static bool IsRecording(string path)
    {
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 0);
            byte[] head = new byte[(int)Math.Min(HeadSize, file.Length)];
            return IsRecording(head.AsSpan(0, file.ReadAtLeast(head, head.Length, throwOnEndOfStream: false)));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    /// <summary>Whether a file that begins so is a recording.</summary>
    internal static bool IsRecording(ReadOnlySpan<byte> head)
    {
        byte[] plain = Plain(head, PlainSize);
        if (plain.AsSpan().StartsWith("PERFILE2"u8) || plain.AsSpan().StartsWith("2ELIFREP"u8)
            || plain.AsSpan().StartsWith((ReadOnlySpan<byte>)[0x17, 0x08, 0x44, (byte)'t', (byte)'r', (byte)'a', (byte)'c', (byte)'i', (byte)'n', (byte)'g']))
            return true;
        if (plain.AsSpan().IndexOf((byte)0) >= 0 || (!plain.AsSpan().Contains((byte)'[') && plain.AsSpan().IndexOf("entries-in-buffer"u8) < 0))
            return false; // every line of an event names its processor in brackets
        using var reader = new TextRecordingReader(new MemoryStream(plain), leaveOpen: false, new DiagnosticBag());
        DmaEvent e = default;
        return reader.Read(ref e) || reader.Header.EntriesInBuffer >= 0;
    }

    /// <summary>The first bytes of a file, unpacked as far as they allow.</summary>
    internal static byte[] Plain(ReadOnlySpan<byte> head, int most)
    {
        if (Packing.NameOf(head) is null)
            return head[..Math.Min(head.Length, most)].ToArray();
        byte[] plain = new byte[most];
        int got = 0;
        try
        {
            using Stream stream = PackedFile.Unpack(new MemoryStream(head.ToArray()));
            for (int one; got < most && (one = stream.Read(plain, got, most - got)) > 0;)
                got += one;
        }
        catch (Exception e) when (e is IOException or InvalidDataException or ZstdException)
        {
            // The head is only a part, so this is usual.
        }

        return plain[..got];
    }
}
