namespace Handoff.Tracing.Recordings.Formats;

/// <summary>One field as the kernel's format text describes it.</summary>
/// <param name="Name">The identifier.</param>
/// <param name="Type">The C type in front of it.</param>
/// <param name="Offset">Bytes from the record's start.</param>
/// <param name="Size">Bytes in the record's fixed part; 0 for an array that runs to the end.</param>
/// <param name="Signed">Whether a number is signed.</param>
/// <param name="Kind">How it lies in the record.</param>
internal readonly record struct FormatField(string Name, string Type, int Offset, int Size, bool Signed, FieldKind Kind)
{
    /// <summary>Bytes per element of a dynamic array.</summary>
    internal int ElementSize(int longSize) => Type switch
    {
        _ when Type.Contains("64", StringComparison.Ordinal) || Type.Contains("long long", StringComparison.Ordinal) => 8,
        _ when Type.Contains("dma_addr_t", StringComparison.Ordinal) || Type.Contains("phys_addr_t", StringComparison.Ordinal) => 8,
        _ when Type.Contains("long", StringComparison.Ordinal) || Type.Contains("size_t", StringComparison.Ordinal) || Type.Contains('*') => longSize,
        _ when Type.Contains("16", StringComparison.Ordinal) || Type.Contains("short", StringComparison.Ordinal) => 2,
        _ when Type.Contains("char", StringComparison.Ordinal) || Type.Contains('8') || Type.Contains("bool", StringComparison.Ordinal) => 1,
        _ => 4,
    };
}
