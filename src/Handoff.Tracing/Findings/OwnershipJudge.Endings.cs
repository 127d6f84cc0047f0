using Handoff.Ownership;
using Handoff.Tracing.Mappings;

namespace Handoff.Tracing.Findings;

/// <content>What is decided by mappings that never end.</content>
internal sealed partial class OwnershipJudge
{
    private readonly List<Doubt> _undecided = []; // releases that are explained otherwise if another mapping never ends
    private readonly HashSet<(int Device, long MappedAt)> _shortened = []; // lists of which a part was released
    private readonly List<(LiveMapping Forgotten, Finding Reuse)> _reuses = [];

    /// <summary>
    /// Mappings that never ended although a device was to write their memory again, for others or for another purpose: it was given away while it
    /// was mapped. Who maps it next is not to blame.
    /// </summary>
    public IReadOnlyList<ForgottenMappings> Forgotten { get; private set; } = [];

    /// <summary>Lists are shared buffers, and may be mapped for good; what a driver mapped by itself is its own.</summary>
    private static bool IsOverSingle(Doubt doubt) => doubt.Finding is { Rule: var rule, Other.Mapping: MappingKind.Single } && rule == FindingRules.Overlap;

    private bool IsShortened(Doubt doubt)
    {
        if (doubt.Finding.Other is not { } other || !_shortened.Contains((other.Device, other.Time)))
            return false;
        follower.Tracker.Retract(doubt.Finding); // what is left of a list whose release is a finding already
        return true;
    }

    private void NoteReuse(Doubt doubt, bool isKnown)
    {
        follower.Tracker.Retract(doubt.Finding);
        if (isKnown && doubt.Finding is { Other: { } other } && other.Direction != DmaDirection.ToDevice && doubt.Writes)
            _reuses.Add((other, doubt.Finding));
    }

    /// <summary>What waits for the end of the recording, when that is not going to tell.</summary>
    private void AcceptUndecided()
    {
        foreach (Doubt doubt in _undecided)
        {
            if (doubt.Finding.Rule == FindingRules.DoubleUnmap)
                Accuse(doubt);
        }

        _undecided.Clear();
    }

    /// <summary>Nothing more ends.</summary>
    private void Decide()
    {
        if (_undecided.Count == 0 && _reuses.Count == 0)
            return;
        bool whole = follower.PartialFrom is null && !follower.TooManyLive;
        HashSet<(int, ulong, long)> live = whole ? [.. follower.Tracker.LiveMappings().Where(static m => !MappingFollower.IsDoubtful(m.Tag)).Select(KeyOf)] : [];
        var released = new HashSet<(int, ulong, long)>(); // by calls that did not fit
        released.UnionWith(_strangers.Where(static s => s.Finding.Other is not null).Select(static s => KeyOf(s.Finding.Other!.Value)));
        foreach (Doubt doubt in _undecided)
        {
            Finding finding = doubt.Finding;
            LiveMapping other = finding.Other!.Value;
            bool lives = live.Contains(KeyOf(other));
            if (finding.Rule != FindingRules.DoubleUnmap)
            {
                if (lives && released.Add(KeyOf(other)))
                    Accuse(doubt with { Confidence = Confidence.Likely });
            }
            else if (lives && other.Size == finding.Size && other.Device != doubt.Device && (other.Bounced || other.Original.Value == other.Address.Value) && released.Add(KeyOf(other)))
            {
                string owner = follower.Tracker.Devices[other.Device].Name;
                Accuse(doubt with
                {
                    Finding = finding with { Rule = FindingRules.WrongDevice, MappedAt = other.Time, EndedAt = null, Explanation = $"ends {other.Address}+{other.Size}, which belongs to {owner}" },
                    Confidence = Confidence.Possible,
                });
            }
            else
            {
                Accuse(doubt);
            }
        }

        _undecided.Clear();
        Forgotten =
        [
            .. _reuses.Where(r => live.Contains(KeyOf(r.Forgotten)) && !released.Contains(KeyOf(r.Forgotten)))
                .GroupBy(static r => r.Forgotten.Device)
                .Select(g => new ForgottenMappings(follower.Tracker.Devices[g.Key].Name, g.DistinctBy(static r => KeyOf(r.Forgotten)).OrderBy(static r => r.Forgotten.Time)))
                .OrderByDescending(static f => f.Count),
        ];
    }

    private static (int Device, ulong Address, long Time) KeyOf(LiveMapping mapping) => (mapping.Device, mapping.Address.Value, mapping.Time);
}
