namespace Handoff.Tracing.Export;

/// <summary>What tells live mappings apart, but for segments of a list with the same buffer.</summary>
/// <param name="Device">The device's number.</param>
/// <param name="Address">What it was given.</param>
/// <param name="Time">When it was mapped.</param>
internal readonly record struct MappingKey(int Device, ulong Address, long Time)
{
    /// <inheritdoc/>
    public override int GetHashCode() => (int)(((Address ^ ((ulong)Time << 20)) + (uint)Device) * 0x9e37_79b9_7f4a_7c15 >> 33);
}
