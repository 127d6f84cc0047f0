namespace Handoff.Litmus.Lowering;

/// <summary>Memory that only writes down what the mapping layer does to it, in order.</summary>
internal readonly struct RecordingMemory(List<MemoryEffect> effects) : IMemory
{
    public void Copy(PhysicalAddress from, PhysicalAddress to, ulong size) => effects.Add(new(EffectKind.Copy, to.Value, size, from.Value));

    public void Zero(PhysicalAddress start, ulong size) => effects.Add(new(EffectKind.Zero, start.Value, size));

    public void Clean(PhysicalAddress start, ulong size) => effects.Add(new(EffectKind.Clean, start.Value, size));

    public void Invalidate(PhysicalAddress start, ulong size) => effects.Add(new(EffectKind.Invalidate, start.Value, size));
}
