using Handoff.Tracing.Recordings.Input;

namespace Handoff.Tracing.Recordings.TraceDat;

/// <summary>Reads whole sections of a version-7 file into memory, within limits that hold for all of them together.</summary>
internal sealed class SectionReader(ByteSource source, DiagnosticBag bag)
{
    private const long MaximumSections = 256 << 20; // bytes of all sections, each as often as it is named

    private long _read;

    internal bool BigEndian { get; set; }

    /// <summary>Unpacks compressed sections; null if the file has none, or a compression that is not known.</summary>
    internal SectionUnpacker? Unpacker { get; set; }

    /// <summary>A section's plain body, as far as it is there; null (and a diagnostic) if there is none.</summary>
    internal byte[]? Read(long offset, int expected)
    {
        if (!SectionHeader.TryRead(source, offset, BigEndian, out var header))
        {
            bag.Error("HT0103", offset, "a section lies outside the file", "the recording was cut short or not ended properly");
            return null;
        }

        var id = header.Id;
        if (id != expected)
        {
            bag.Error("HT0103", offset, $"section {expected} was expected here, {id} found");
            return null;
        }

        var available = source.Available(header.Body, header.Size);
        if ((ulong)available < header.Size)
            bag.Error("HT0103", offset, $"section {id} is cut off: {header.Size} bytes claimed, {available} there");
        if (available > SectionHeader.MaximumSize)
        {
            bag.Error("HT0103", offset, $"section {id} is too large ({header.Size} bytes)");
            return null;
        }

        if (!header.IsPacked)
            return MayRead(offset, id, available) ? Block(header.Body, available) : null;
        Span<byte> sizes = stackalloc byte[8];
        if (available < 8 || source.ReadAt(header.Body, sizes) < 8)
            return null;
        var cursor = new Cursor(sizes, BigEndian);
        var packed = cursor.U32();
        var plain = cursor.U32();
        if (Unpacker is null || packed > available - 8 || plain > SectionHeader.MaximumSize)
        {
            bag.Error("HT0103", offset, $"section {id} cannot be unpacked ({packed} bytes for {plain})");
            return null;
        }

        if (!MayRead(offset, id, plain))
            return null;
        var body = new byte[plain];
        if (Unpacker.Unpack(source, header.Body + 8, (int)packed, body))
            return body;
        bag.Error("HT0103", offset, $"section {id} is damaged: its compressed data cannot be unpacked");
        return null;
    }

    /// <summary>Counts what is read of sections: a hostile file names a large one over and over.</summary>
    internal bool MayRead(long offset, int id, long bytes)
    {
        _read += bytes;
        if (_read <= MaximumSections)
            return true;
        bag.Error("HT0103", offset, $"section {id} is left out: all sections together have more than {MaximumSections >> 20} MiB");
        return false;
    }

    internal byte[] Block(long offset, long size)
    {
        var bytes = new byte[size];
        source.ReadAt(offset, bytes);
        return bytes;
    }
}
