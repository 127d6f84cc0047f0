namespace Handoff.Tracing.Mappings;

/// <summary>How a device gets to its bounce pool.</summary>
/// <param name="Pool">The pool that its requests go to.</param>
/// <param name="Windows">What its bus makes of addresses; nothing if it leaves them as they are.</param>
internal sealed record PoolRoute(BouncePool Pool, DmaRange[] Windows)
{
    /// <summary>The physical address behind a DMA address.</summary>
    public ulong ToPhysical(ulong address)
    {
        foreach (DmaRange window in Windows)
        {
            if (address - window.DmaStart.Value < window.Size)
                return address - window.DmaStart.Value + window.CpuStart.Value;
        }

        return address;
    }

    /// <summary>The DMA address of a physical one.</summary>
    public ulong ToDma(ulong physical)
    {
        foreach (DmaRange window in Windows)
        {
            if (physical - window.CpuStart.Value < window.Size)
                return physical - window.CpuStart.Value + window.DmaStart.Value;
        }

        return physical;
    }
}
