namespace Handoff.Ownership;

/// <content>What was found.</content>
public sealed partial class OwnershipTracker
{
    private const int DevicesWithFindings = 16; // as many may use up all that is kept of a rule

    private readonly List<Finding> _findings = [];
    private readonly long[] _counts = new long[FindingRules.All.Length];
    private readonly int[] _kept = new int[FindingRules.All.Length];
    private readonly Dictionary<(int Rule, int Device), (long Count, int Kept)> _byDevice = [];

    /// <summary>Findings in the order in which they were made; at most <see cref="OwnershipOptions.KeptPerRule"/> of each rule and device.</summary>
    public IReadOnlyList<Finding> Findings => _findings;

    /// <summary>Told of every finding that is kept.</summary>
    public event Action<Finding>? Found;

    /// <summary>Number of findings, those not kept included.</summary>
    public long Total => _counts.Sum();

    /// <summary>Number of findings of one rule, those not kept included.</summary>
    public long CountOf(FindingRule rule) => _counts[rule.Index];

    /// <summary>Number of findings of one rule about one device, those not kept included.</summary>
    /// <param name="rule">The rule.</param>
    /// <param name="device">Number of the device; -1 for none.</param>
    public long CountOf(FindingRule rule, int device)
    {
        ArgumentNullException.ThrowIfNull(rule);
        return _byDevice.GetValueOrDefault((rule.Index, device)).Count;
    }

    /// <summary>
    /// Takes a finding back: who was told of it knows that it is harmless. It counts no more, and leaves its place to others of its rule.
    /// </summary>
    /// <param name="finding">A finding of this tracker that was not taken back before.</param>
    public void Retract(Finding finding)
    {
        ArgumentNullException.ThrowIfNull(finding);
        int at = _findings.FindLastIndex(other => ReferenceEquals(other, finding));
        if (at < 0)
            return;
        _findings.RemoveAt(at);
        int rule = finding.Rule.Index;
        _counts[rule]--;
        _kept[rule]--;
        (long count, int kept) = _byDevice[(rule, finding.DeviceNumber)];
        _byDevice[(rule, finding.DeviceNumber)] = (count - 1, kept - 1);
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

    /// <summary>Counts a finding, and says whether it is kept: each device has its share, so that one driver's findings do not hide another's.</summary>
    private bool Wanted(FindingRule rule, int device)
    {
        int index = rule.Index;
        _counts[index]++;
        _byDevice.TryGetValue((index, device), out (long Count, int Kept) own);
        bool wanted = own.Kept < _options.KeptPerRule && _kept[index] < (long)_options.KeptPerRule * DevicesWithFindings;
        if (wanted)
            _kept[index]++;
        _byDevice[(index, device)] = (own.Count + 1, wanted ? own.Kept + 1 : own.Kept);
        return wanted;
    }

    private void Keep(Finding finding)
    {
        _findings.Add(finding);
        Found?.Invoke(finding);
    }

    private void Report(FindingRule rule, int device, long time, DmaAddress address, in MappingRecord r, string explanation, LiveMapping? other = null)
    {
        if (Wanted(rule, device))
            Keep(new Finding(rule, NameOfDevice(device), time, address, new(r.Original), r.Size, r.Time, explanation) { DeviceNumber = device, Other = other, Tag = r.Tag });
    }

    private void Report(FindingRule rule, in MappingEvent e, in MappingRecord r, string explanation)
    {
        int device = e.Device < 0 ? r.Device : e.Device;
        if (Wanted(rule, device))
        {
            Keep(new Finding(rule, NameOfDevice(device), e.Time, e.Device < 0 ? new(r.Address) : e.Address, new(r.Original), e.Size, r.Time, explanation)
            {
                DeviceNumber = device,
                Other = e.Device >= 0 && e.Device != r.Device ? r.Mapping : null,
                Tag = r.Tag,
            });
        }
    }

    private void Report(FindingRule rule, in MappingEvent e, string explanation, long? endedAt = null, LiveMapping? other = null)
    {
        if (Wanted(rule, e.Device))
            Keep(new Finding(rule, NameOfDevice(e.Device), e.Time, e.Address, e.Original, e.Size, null, explanation) { DeviceNumber = e.Device, EndedAt = endedAt, Other = other });
    }

    private string NameOfDevice(int device) => device < 0 ? "" : Devices[device].Name;
}
