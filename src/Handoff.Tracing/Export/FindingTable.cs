using Handoff.Tracing.Findings;

namespace Handoff.Tracing.Export;

/// <summary>What is wrong in a recording, why, and what to do.</summary>
internal sealed class FindingTable : ExportTable
{
    private readonly NumberColumn _rank;
    private readonly TextColumn _id, _kind, _severity, _confidence, _title, _devices, _why, _cures, _parameter, _evidence;
    private readonly NumberColumn _wrong;
    private readonly NumberColumn _count, _first, _last;

    internal FindingTable(string recording)
        : base("findings", recording)
    {
        _rank = Integer("finding");
        _id = Text("id");
        _kind = Text("kind");
        _severity = Text("severity");
        _confidence = Text("confidence");
        _wrong = Boolean("is_wrong");
        _title = Text("title");
        _devices = Text("devices");
        _count = Bigint("occurrences");
        _first = Bigint("first_ts");
        _last = Bigint("last_ts");
        _why = Text("why");
        _cures = Text("cures");
        _parameter = Text("boot_parameter");
        _evidence = Text("evidence");
    }

    internal void Add(TraceFinding finding, int rank)
    {
        _rank.Add(rank);
        _id.Add(finding.Id);
        _kind.Add(WordOf(finding.Kind.ToString()));
        _severity.Add(WordOf(finding.Severity.ToString()));
        _confidence.Add(WordOf(finding.Confidence.ToString()));
        _wrong.Add(finding.IsWrong);
        _title.Add(finding.Title);
        _devices.Add(string.Join(',', finding.Devices));
        _count.Add(finding.Count);
        _first.Add((long?)finding.FirstTime);
        _last.Add((long?)finding.LastTime);
        _why.Add(string.Join('\n', finding.Why));
        _cures.Add(string.Join('\n', finding.Cures.Select(static cure => cure.Text)));
        _parameter.Add(finding.Cures.FirstOrDefault(static cure => cure.Parameter is not null)?.Parameter);
        _evidence.Add(string.Join('\n', finding.Evidence));
        EndRow();
    }

    // PoolFull → pool_full
    private static string WordOf(string name) => string.Concat(name.Select(static (letter, i) => char.IsAsciiLetterUpper(letter) ? $"{(i > 0 ? "_" : "")}{char.ToLowerInvariant(letter)}" : letter.ToString()));
}
