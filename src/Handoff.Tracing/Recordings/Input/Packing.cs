using System.IO.Compression;
using ZstdSharp;

namespace Handoff.Tracing.Recordings.Input;

/// <summary>Kinds of compression, told by the first bytes: those that are unpacked here, and those that are only known by name.</summary>
internal static class Packing
{
    /// <summary>Compressed files within compressed files that are unpacked; nobody packs deeper by accident.</summary>
    internal const int MostLevels = 4;

    private const string StrictValidation = "System.IO.Compression.UseStrictValidation";

    // Without this a gzip file that was cut off looks like one that ends there.
    static Packing()
    {
        if (!AppContext.TryGetSwitch(StrictValidation, out _))
            AppContext.SetSwitch(StrictValidation, true);
    }

    /// <summary>What unpacks a stream that begins so; <see langword="null"/> if it is not packed in a way that is known here.</summary>
    internal static string? NameOf(ReadOnlySpan<byte> head)
    {
        if (head is [0x1f, 0x8b, ..])
            return "gzip";
        // A frame, or one that other programs skip, as parallel packers write at the beginning.
        return head is [0x28, 0xb5, 0x2f, 0xfd, ..] or [>= 0x50 and <= 0x5f, 0x2a, 0x4d, 0x18, ..] ? "zstd" : null;
    }

    /// <summary>Unpacks a stream, which the result owns.</summary>
    internal static Stream Unpack(string name, Stream packed) =>
        name == "gzip" ? new GZipStream(packed, CompressionMode.Decompress) : new DecompressionStream(packed, leaveOpen: false);

    /// <summary>The name of a compression that is not unpacked here, and what unpacks it.</summary>
    internal static (string Name, string Command)? ForeignOf(ReadOnlySpan<byte> head)
    {
        if (head.StartsWith((ReadOnlySpan<byte>)[0xfd, (byte)'7', (byte)'z', (byte)'X', (byte)'Z', 0]))
            return ("xz", "xz -dk FILE");
        if (head is [(byte)'B', (byte)'Z', (byte)'h', >= (byte)'1' and <= (byte)'9', 0x31, 0x41, ..])
            return ("bzip2", "bzip2 -dk FILE");
        if (head is [0x04, 0x22, 0x4d, 0x18, ..] or [0x02, 0x21, 0x4c, 0x18, ..])
            return ("lz4", "lz4 -dk FILE");
        if (head.StartsWith("LZIP"u8))
            return ("lzip", "lzip -dk FILE");
        if (head.StartsWith((ReadOnlySpan<byte>)[0x89, (byte)'L', (byte)'Z', (byte)'O', 0]))
            return ("lzop", "lzop -dk FILE");
        if (head is [0x5d, 0, 0, ..])
            return ("lzma", "xz -dk FILE");
        if (head is [0x1f, 0x9d, ..])
            return ("compress", "gzip -dk FILE");
        if (head.StartsWith((ReadOnlySpan<byte>)[(byte)'7', (byte)'z', 0xbc, 0xaf, 0x27, 0x1c]))
            return ("7-Zip", "7z x FILE");
        return head.StartsWith("Rar!"u8) ? ("RAR", "unrar x FILE") : null;
    }
}
