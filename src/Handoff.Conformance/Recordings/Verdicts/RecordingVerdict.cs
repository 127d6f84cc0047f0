namespace Handoff.Conformance.Recordings.Verdicts;

/// <summary>What came out for one recording: counts per kind, and the first differences.</summary>
internal sealed class RecordingVerdict(string directory, int keep)
{
    private readonly List<KindTally> _kinds = [];
    private readonly List<Difference> _differences = [];
    private readonly SortedDictionary<string, long> _notes = new(StringComparer.Ordinal);

    /// <summary>The recording's directory as given.</summary>
    public string Directory { get; } = directory;

    /// <summary>Its last component.</summary>
    public string Name { get; } = Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(directory)));

    /// <summary>The kernel that was judged, as a profile name.</summary>
    public string Kernel { get; set; } = "";

    /// <summary>What could not be read; such a recording is bad input.</summary>
    public List<string> Problems { get; } = [];

    /// <summary>Counts per kind, in the order in which kinds appeared.</summary>
    public IReadOnlyList<KindTally> Kinds => _kinds;

    /// <summary>The first things that are wrong.</summary>
    public IReadOnlyList<Difference> Differences => _differences;

    /// <summary>What had to be learned from the recording because nothing else says it, with how often.</summary>
    public IReadOnlyDictionary<string, long> Notes => _notes;

    /// <summary>All cases.</summary>
    public long Cases => _kinds.Sum(static k => k.Cases);

    /// <summary>Cases that agree exactly.</summary>
    public long Identical => _kinds.Sum(static k => k.Identical);

    /// <summary>Cases whose outcome the recording does not determine.</summary>
    public long Explained => _kinds.Sum(static k => k.Explained);

    /// <summary>Cases that differ.</summary>
    public long Wrong => _kinds.Sum(static k => k.Wrong);

    /// <summary>Cases that the engine does not model.</summary>
    public long NotCovered => _kinds.Sum(static k => k.NotCovered);

    /// <summary>Reasons of explained cases over all kinds.</summary>
    public SortedDictionary<string, long> Reasons
    {
        get
        {
            var all = new SortedDictionary<string, long>(StringComparer.Ordinal);
            foreach ((string reason, long count) in _kinds.SelectMany(static k => k.Reasons))
                all[reason] = all.GetValueOrDefault(reason) + count;
            return all;
        }
    }

    /// <summary>The counts of a kind, made on first use.</summary>
    public KindTally Kind(string part, string name)
    {
        foreach (KindTally kind in _kinds)
        {
            if (kind.Name == name && kind.Part == part)
                return kind;
        }

        var made = new KindTally(part, name);
        _kinds.Add(made);
        return made;
    }

    /// <summary>Counts a difference, and keeps it if it is among the first.</summary>
    public void AddWrong(KindTally kind, string place, string expected, string got)
    {
        kind.Wrong++;
        if (_differences.Count < keep)
            _differences.Add(new Difference(place, kind.Name, expected, got));
    }

    /// <summary>Counts an explained case.</summary>
    public static void AddExplained(KindTally kind, string reason) => kind.Reasons[reason] = kind.Reasons.GetValueOrDefault(reason) + 1;

    /// <summary>Counts something that was learned from the recording.</summary>
    public void AddNote(string note) => _notes[note] = _notes.GetValueOrDefault(note) + 1;
}
