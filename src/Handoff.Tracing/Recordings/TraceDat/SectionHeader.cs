using Handoff.Tracing.Recordings.Input;

namespace Handoff.Tracing.Recordings.TraceDat;

/// <summary>The sixteen bytes that a section of a version-7 file begins with.</summary>
/// <param name="Offset">Where they are.</param>
/// <param name="Id">What the section holds.</param>
/// <param name="Flags">Bit 0: compressed.</param>
/// <param name="Size">Bytes that follow, as far as the header tells the truth; zero in a section that was never finished.</param>
internal readonly record struct SectionHeader(long Offset, int Id, int Flags, ulong Size)
{
    internal const int Length = 16;

    /// <summary>Most bytes of a section that is not a buffer.</summary>
    internal const int MaximumSize = 64 << 20;

    internal const int Options = 0, Buffer = 3, Strings = 15, Headers = 16, FtraceFormats = 17, EventFormats = 18, Symbols = 19, PrintkFormats = 20, Tasks = 21, Text = 22;

    internal bool IsPacked => (Flags & 1) != 0;

    internal bool IsKnown => Id is Options or Buffer or (>= Strings and <= Text);

    internal long Body => Offset + Length;

    /// <summary>Reads a header, whatever it says; false where the file has no room for one.</summary>
    internal static bool TryRead(ByteSource source, long offset, bool bigEndian, out SectionHeader header)
    {
        Span<byte> bytes = stackalloc byte[Length];
        header = default;
        if (source.ReadAt(offset, bytes) < Length)
            return false;
        var cursor = new Cursor(bytes, bigEndian);
        var id = cursor.U16();
        var flags = cursor.U16();
        cursor.U32(); // the name, for people
        header = new SectionHeader(offset, id, flags, cursor.U64());
        return true;
    }
}
