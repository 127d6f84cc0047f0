using Handoff.Tracing.Recordings.Input;

namespace Handoff.Tracing.Bundles;

/// <summary>Opens files that may be packed: gzip and Zstandard are recognised by their first bytes and unpacked on the fly.</summary>
public static class PackedFile
{
    /// <summary>Endings that a packed file may have besides its own name, in the order in which they are tried.</summary>
    private static readonly string[] Endings = ["", ".zst", ".gz"];

    /// <summary>Opens a file for reading, unpacked.</summary>
    /// <exception cref="IOException">It cannot be opened.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be opened.</exception>
    public static Stream Open(string path) => Unpack(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16));

    /// <summary>Unpacks a stream if it is packed, even twice. The result owns the stream.</summary>
    public static Stream Unpack(Stream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        Span<byte> magic = stackalloc byte[4];
        for (int level = 0; level < Packing.MostLevels; level++)
        {
            if (!stream.CanSeek)
                stream = new PeekStream(stream);
            int read = stream is PeekStream peek ? peek.Peek(magic) : Peek(stream, magic);
            if (Packing.NameOf(magic[..read]) is not { } packing)
                break;
            stream = Packing.Unpack(packing, stream);
        }

        return stream;
    }

    /// <summary>Finds a file by its plain name, packed or not: <c>dmesg.txt</c>, <c>dmesg.txt.zst</c>, <c>dmesg.txt.gz</c>.</summary>
    /// <returns>Its path, or <see langword="null"/> if there is none.</returns>
    public static string? Find(string directory, string name)
    {
        foreach (string ending in Endings)
        {
            string path = Path.Combine(directory, name + ending);
            if (FileKind.IsRegular(path))
                return path;
        }

        return null;
    }

    private static int Peek(Stream stream, Span<byte> bytes)
    {
        long at = stream.Position;
        int read = stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
        stream.Position = at;
        return read;
    }
}
