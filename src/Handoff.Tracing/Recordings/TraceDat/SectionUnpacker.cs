using System.IO.Compression;
using Handoff.Tracing.Recordings.Input;
using ZstdSharp;

namespace Handoff.Tracing.Recordings.TraceDat;

/// <summary>Decompresses sections and chunks of a version-7 file into buffers of a size known before.</summary>
internal sealed class SectionUnpacker(bool zstd) : IDisposable
{
    private const long MaximumReserved = 128 << 20;

    private readonly Decompressor? _zstd = zstd ? new Decompressor() : null;
    private byte[] _packed = [];
    private long _reserved;

    /// <summary>Accounts for memory kept by streams; false when it would be too much.</summary>
    internal bool Reserve(int bytes)
    {
        if (_reserved + bytes > MaximumReserved)
            return false;
        _reserved += bytes;
        return true;
    }

    /// <summary>Fills <paramref name="plain"/> exactly, or returns false.</summary>
    internal bool Unpack(ByteSource source, long offset, int size, Span<byte> plain)
    {
        if (_packed.Length < size)
            _packed = new byte[Math.Max(size, 64 << 10)];
        if (source.ReadAt(offset, _packed.AsSpan(0, size)) < size)
            return false;
        try
        {
            if (_zstd is not null)
                return _zstd.Unwrap(_packed.AsSpan(0, size), plain) == plain.Length;
            using var memory = new MemoryStream(_packed, 0, size, writable: false);
            using var zlib = new ZLibStream(memory, CompressionMode.Decompress);
            return zlib.ReadAtLeast(plain, plain.Length, throwOnEndOfStream: false) == plain.Length;
        }
        catch (Exception e) when (e is ZstdException or InvalidDataException or IOException or ArgumentException)
        {
            return false;
        }
    }

    public void Dispose() => _zstd?.Dispose();
}
