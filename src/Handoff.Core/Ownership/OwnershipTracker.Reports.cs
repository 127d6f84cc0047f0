namespace Handoff.Ownership;

/// <content>What was found.</content>
public sealed partial class OwnershipTracker
{
    private readonly List<Finding> _findings = [];
    private readonly long[] _counts = new long[FindingRules.All.Length];

    /// <summary>Findings in the order in which they were made; at most <see cref="OwnershipOptions.KeptPerRule"/> of each rule.</summary>
    public IReadOnlyList<Finding> Findings => _findings;

    /// <summary>Told of every finding that is kept.</summary>
    public event Action<Finding>? Found;

    /// <summary>Number of findings, those not kept included.</summary>
    public long Total => _counts.Sum();

    /// <summary>Number of findings of one rule, those not kept included.</summary>
    public long CountOf(FindingRule rule) => _counts[rule.Index];

    /// <summary>
    /// Takes the latest finding back: who was told of it knows that it is harmless. It counts no more, and leaves its place to others of its rule.
    /// </summary>
    /// <param name="finding">The latest finding; of an earlier one, only the count changes.</param>
    public void Retract(Finding finding)
    {
        ArgumentNullException.ThrowIfNull(finding);
        if (_counts[finding.Rule.Index] > 0)
            _counts[finding.Rule.Index]--;
        if (_findings.Count > 0 && ReferenceEquals(_findings[^1], finding))
            _findings.RemoveAt(_findings.Count - 1);
    }

    private static string NameOf(DmaDirection direction) => direction switch
    {
        DmaDirection.ToDevice => "TO_DEVICE",
        DmaDirection.FromDevice => "FROM_DEVICE",
        DmaDirection.Bidirectional => "BIDIRECTIONAL",
        _ => "NONE",
    };

    private static string NameOf(MappingKind kind) => kind switch
    {
        MappingKind.Single => "a single map",
        MappingKind.Sg => "a list",
        MappingKind.Coherent => "a coherent allocation",
        MappingKind.Resource => "a map of registers",
        _ => "a non-coherent allocation",
    };

    private static string Describe(in MappingRecord r) => $"{new DmaAddress(r.Address)}+{r.Size} ({NameOf(r.Direction)}, {NameOf(r.Kind)})";

    private bool Wanted(FindingRule rule) => ++_counts[rule.Index] <= _options.KeptPerRule;

    private void Keep(Finding finding)
    {
        _findings.Add(finding);
        Found?.Invoke(finding);
    }

    private void Report(FindingRule rule, int device, long time, DmaAddress address, in MappingRecord r, string explanation, LiveMapping? other = null)
    {
        if (Wanted(rule))
            Keep(new Finding(rule, device < 0 ? "" : Devices[device].Name, time, address, new(r.Original), r.Size, r.Time, explanation) { Other = other, Tag = r.Tag });
    }

    private void Report(FindingRule rule, in MappingEvent e, in MappingRecord r, string explanation)
    {
        if (Wanted(rule))
            Keep(new Finding(rule, NameOfDevice(e.Device, r.Device), e.Time, e.Device < 0 ? new(r.Address) : e.Address, new(r.Original), e.Size, r.Time, explanation) { Other = e.Device >= 0 && e.Device != r.Device ? r.Mapping : null, Tag = r.Tag });
    }

    private void Report(FindingRule rule, in MappingEvent e, string explanation, long? endedAt = null)
    {
        if (Wanted(rule))
            Keep(new Finding(rule, e.Device < 0 ? "" : Devices[e.Device].Name, e.Time, e.Address, e.Original, e.Size, null, explanation) { EndedAt = endedAt });
    }

    private string NameOfDevice(int device, int other) => Devices[device < 0 ? other : device].Name;
}
