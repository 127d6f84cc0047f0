namespace Handoff.Tracing.Recordings.Formats;

/// <summary>Where one wanted value lies in a record: <see cref="FormatField"/> boiled down for the hot path.</summary>
internal struct Field
{
    internal ushort Offset;
    internal byte Size;
    internal byte ElementSize;
    internal FieldKind Kind;
    internal bool Signed;

    internal readonly bool IsPresent => Kind != FieldKind.Absent;
}
