namespace Handoff;

/// <summary>Where boot code puts its large blocks: from the top of low memory downwards.</summary>
/// <remarks>Firmware and other early reservations are not modelled; give the recorded place where it matters.</remarks>
internal static class EarlyMemory
{
    private const ulong CmaAlignment = 4UL << 20;

    /// <summary>The default contiguous memory area, if there is one and room for it.</summary>
    public static MemoryRange? Cma(Machine machine)
    {
        ulong size = Align.Up(machine.EffectiveCmaSize, CmaAlignment);
        return size != 0 && Below(machine, machine.Zones.LowLimit, size, CmaAlignment) is { } start ? new MemoryRange(start, size) : null;
    }

    /// <summary>The place of a boot pool of this size.</summary>
    public static PhysicalAddress? PoolPlace(Machine machine, ulong size)
    {
        ulong limit = machine.Zones.LowLimit;
        if (Cma(machine) is not { } cma)
            return Below(machine, limit, size, machine.PageSize);
        PhysicalAddress? above = Below(machine, limit, size, machine.PageSize);
        return above >= cma.End ? above : Below(machine, cma.Start.Value - 1, size, machine.PageSize);
    }

    private static PhysicalAddress? Below(Machine machine, ulong limit, ulong size, ulong alignment)
    {
        for (int i = machine.Ram.Ranges.Length - 1; i >= 0; i--)
        {
            MemoryRange range = machine.Ram.Ranges[i];
            if (range.Start.Value > limit)
                continue;
            ulong end = Math.Min(range.End.Value, limit == ulong.MaxValue ? limit : limit + 1);
            if (end < size)
                continue;
            ulong start = Align.Down(end - size, alignment);
            if (start >= range.Start.Value)
                return new(start);
        }

        return null;
    }
}
