using Handoff.Ownership;

namespace Handoff.Litmus.Lowering;

/// <summary>Writes down which mappings an exporter syncs or makes, so that the effects of one call can be told apart.</summary>
/// <param name="effects">The effects, as they come.</param>
/// <param name="mappings">All mappings that the test knows of.</param>
internal sealed class LayerWatch(List<MemoryEffect> effects, List<Mapping> mappings) : IDmaObserver
{
    /// <summary>The calls since the last <see cref="List{T}.Clear"/>.</summary>
    public List<LayerCall> Calls { get; } = [];

    public void MappedSg(Device device, ReadOnlySpan<ScatterlistEntry> entries, DmaDirection direction, DmaAttributes attributes) =>
        Calls.Add(new LayerCall(device, null, entries.ToArray(), effects.Count));

    public void SyncedSgForCpu(Device device, ReadOnlySpan<ScatterlistEntry> entries, DmaDirection direction) => Synced(device, entries);

    public void SyncedSgForDevice(Device device, ReadOnlySpan<ScatterlistEntry> entries, DmaDirection direction) => Synced(device, entries);

    public void Mapped(Device device, DmaAddress address, PhysicalAddress original, ulong size, DmaDirection direction, DmaAttributes attributes)
    {
    }

    public void Unmapped(Device device, DmaAddress address, ulong size, DmaDirection direction, DmaAttributes attributes)
    {
    }

    public void ErrorChecked(Device device, DmaAddress address)
    {
    }

    public void SyncedForCpu(Device device, DmaAddress address, ulong size, DmaDirection direction)
    {
    }

    public void SyncedForDevice(Device device, DmaAddress address, ulong size, DmaDirection direction)
    {
    }

    public void UnmappingSg(Device device, ReadOnlySpan<ScatterlistEntry> entries, DmaDirection direction, DmaAttributes attributes)
    {
    }

    private void Synced(Device device, ReadOnlySpan<ScatterlistEntry> entries)
    {
        // Importers' tables are the very ones that they were given; an exporter's own table nobody else sees.
        Mapping? mapping = null;
        foreach (Mapping known in mappings)
        {
            if (known.Device == device && (known.Table is { } table ? entries == table.Entries : known.IsExportersOwn))
                mapping = known;
        }

        Calls.Add(new LayerCall(device, mapping, mapping is null ? entries.ToArray() : [], effects.Count));
    }
}
