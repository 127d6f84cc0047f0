namespace Handoff.Litmus.Lowering;

/// <summary>A call that an exporter made into the mapping layer.</summary>
/// <param name="Device">For which device.</param>
/// <param name="Mapping">The mapping that it synced; <see langword="null"/> for a new one.</param>
/// <param name="Entries">A new mapping's entries.</param>
/// <param name="EffectsEnd">How many effects were there after it.</param>
internal readonly record struct LayerCall(Device Device, Mapping? Mapping, ScatterlistEntry[] Entries, int EffectsEnd);
