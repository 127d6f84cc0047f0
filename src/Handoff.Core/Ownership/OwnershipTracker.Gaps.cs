namespace Handoff.Ownership;

/// <content>Sources with gaps, and what is left at their end.</content>
public sealed partial class OwnershipTracker
{
    /// <summary>
    /// Forgets every mapping and every release, because events are missing here: whatever is said of them afterwards could be wrong.
    /// Findings stay.
    /// </summary>
    public void Forget()
    {
        if (_records.Count > 0)
        {
            _byMemory.Clear();
            _byAddress.Clear();
            foreach (int index in _cpuRanges.Keys.ToArray())
                ForgetRanges(index);
        }

        _recent.Clear();
        _records.Clear();
        _stopIndex = int.MaxValue;
    }

    /// <summary>
    /// The same address cannot be allocated twice, so the free of an earlier allocation was not seen: recordings show none for memory of
    /// per-device pools.
    /// </summary>
    private void EndUnseenFree(in MappingEvent e)
    {
        int index = _records.First(e.Device, e.Address.Value);
        while (index >= 0 && _records[index].Kind != MappingKind.Coherent)
            index = _records.Next(index);
        if (index < 0)
            return;
        Listener?.Ended(_records[index].Mapping, e);
        Remove(index);
    }

    /// <summary>The live mappings of a device at just this address, the newest first.</summary>
    public IReadOnlyList<LiveMapping> MappingsAt(int device, DmaAddress address)
    {
        var found = new List<LiveMapping>();
        for (int index = _records.First(device, address.Value); index >= 0; index = _records.Next(index))
            found.Add(_records[index].Mapping);
        return found;
    }

    /// <summary>The newest single mapping of a device whose memory begins at an address; <see langword="null"/> if there is none.</summary>
    /// <param name="device">Number of the device.</param>
    /// <param name="memory">Where the memory begins.</param>
    public LiveMapping? SingleOf(int device, PhysicalAddress memory)
    {
        LiveMapping? newest = null;
        _found.Clear();
        _byMemory.Overlapping(memory.Value, 1, _found);
        foreach (int index in _found)
        {
            ref readonly MappingRecord r = ref _records[index];
            if (r.Device == device && r.Kind == MappingKind.Single && r.Original == memory.Value && (newest is null || r.Time > newest.Value.Time))
                newest = r.Mapping;
        }

        return newest;
    }

    /// <summary>All live mappings, in no particular order.</summary>
    public IEnumerable<LiveMapping> LiveMappings()
    {
        foreach (int index in _records.Numbers())
            yield return _records[index].Mapping;
    }
}
