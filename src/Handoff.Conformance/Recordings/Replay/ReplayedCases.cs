namespace Handoff.Conformance.Recordings.Replay;

/// <summary>
/// What the engine did in the probe's cases when it replayed the trace. Whether a pool has room depends on everybody who uses it, and only the
/// replay knows them all.
/// </summary>
internal sealed class ReplayedCases
{
    private readonly Dictionary<int, HeldMappings> _held = [];
    private readonly HashSet<int> _full = [];

    /// <summary>Mappings that a <c>hold</c> case kept; <see langword="null"/> if the trace has no such case.</summary>
    public HeldMappings? Held(int number) => _held.GetValueOrDefault(number);

    /// <summary>Whether a map of this case found no slots.</summary>
    public bool FoundNoSlots(int number) => _full.Contains(number);

    /// <summary>Notes a map of a <c>hold</c> case.</summary>
    public void AddHeld(int number, bool mapped)
    {
        if (!_held.TryGetValue(number, out HeldMappings? held))
            _held[number] = held = new HeldMappings();
        held.Add(mapped);
    }

    /// <summary>Notes that a map of a case found no slots.</summary>
    public void AddFull(int number) => _full.Add(number);
}
