using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Handoff.Cli.Tests.Traces;

/// <summary>A fleet's recordings side by side: names of every kind, questions people have, the same figures as other verbs.</summary>
public sealed partial class ExportFleetTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("handoff-fleet-").FullName;

    public static TheoryData<string> Bundles => ExportTests.Bundles;

    public static TheoryData<string> OddNames { get; } =
    [
        "../../x", "..", ".", "/etc/passwd", "a=b/c=d", "host=x", "a b", "a'b\"c", "ä€😀", "a%2Fb", "a*b?c[d]", "-rf", "a\\b", "a\tb", "$(touch x)", new string('x', 5000),
        new string('/', 300), string.Concat(Enumerable.Repeat("x%", 99)),
    ];

    // dump prints each event; export must have each, with the same figures.
    [Theory]
    [MemberData(nameof(Bundles))]
    public void Events_are_those_of_dump(string bundle)
    {
        Assert.Equal(ExitCode.AsExpected, Run.Of("export", bundle, "--parquet", In("set")).Code);
        var told = new Dictionary<string, (long Count, long Bytes, long Entries, long Failed)>();
        foreach (string line in Run.Of("dump", bundle, "--json").Out.Split('\n', StringSplitOptions.RemoveEmptyEntries).Skip(1))
        {
            using JsonDocument json = JsonDocument.Parse(line);
            JsonElement e = json.RootElement;
            string kind = Text(e, "kind");
            if (kind == "lost")
                continue;
            long bytes = e.TryGetProperty("size", out JsonElement size) ? size.GetInt64() : 0, entries = 0;
            if (e.TryGetProperty("lengths", out JsonElement lengths))
                bytes += lengths.EnumerateArray().Sum(static length => length.GetInt64());
            foreach (string list in (string[])["phys_addrs", "dma_addrs"])
                entries = Math.Max(entries, e.TryGetProperty(list, out JsonElement addresses) ? addresses.GetArrayLength() : 0);
            bool failed = kind.EndsWith("_err", StringComparison.Ordinal) || (kind is "map_page" or "map_resource" && Text(e, "dma_addr") == "0xffffffffffffffff");
            string key = $"{kind}|{Text(e, "event")}|{Text(e, "device")}|{(e.TryGetProperty("cpu", out JsonElement cpu) ? cpu.GetInt32() : 0)}|{Text(e, "task")}";
            var (count, allBytes, allEntries, allFailed) = told.GetValueOrDefault(key);
            told[key] = (count + 1, allBytes + bytes, allEntries + entries, allFailed + (failed ? 1 : 0));
        }

        using var sql = new DuckDb(In("set"));
        Assert.Equal(
            told.Select(static each => $"{each.Key}|{each.Value.Count}|{each.Value.Bytes}|{each.Value.Entries}|{each.Value.Failed}").Order(StringComparer.Ordinal),
            sql.Query("""
                SELECT kind, event, device, coalesce(cpu, 0), coalesce(task, ''), count(*), coalesce(sum(bytes) FILTER (kind NOT IN ('marker', 'unknown')), 0), coalesce(sum(entries), 0),
                  count(*) FILTER (failed AND kind IN ('map_page', 'map_resource', 'map_sg_err', 'alloc_sgt_err'))
                FROM events WHERE kind <> 'lost' GROUP BY ALL
                """).Order(StringComparer.Ordinal));

        // Groups of rows that cannot have what is asked for are left out by their lowest and highest values: nothing may be missing.
        Assert.Equal(["t"], sql.Query("SELECT CASE WHEN count(*) = max(event_id) + 1 AND count(DISTINCT event_id) = count(*) THEN 't' END FROM events"));
        foreach (string id in sql.Query("SELECT max(event_id) // d FROM events, (VALUES (1), (2), (3), (7)) AS t(d) GROUP BY d"))
            Assert.Equal(["1"], sql.Query($"SELECT count(*) FROM events WHERE event_id = {id}"));
        foreach (string device in sql.Query("SELECT DISTINCT device FROM events WHERE device IS NOT NULL"))
            Assert.Equal(sql.Query($"SELECT count(*) FROM events WHERE device LIKE '{device}'"), sql.Query($"SELECT count(*) FROM events WHERE device = '{device}'"));

        static string Text(JsonElement e, string name) => e.TryGetProperty(name, out JsonElement value) ? value.GetString()! : "";
    }

    [Theory]
    [MemberData(nameof(OddNames))]
    public void Any_name_of_a_host_stays_inside_the_dataset(string name)
    {
        string outside = Path.Combine(_directory, "outside");
        Directory.CreateDirectory(outside);
        string set = Path.Combine(outside, "a", "set");
        Directory.CreateDirectory(Path.GetDirectoryName(set)!);
        var run = Run.Of("export", Bundle("one", name.Replace(' ', '_'), name), "--parquet", set);
        Assert.Equal((ExitCode.AsExpected, ""), (run.Code, run.Error));
        Assert.All(Directory.GetFiles(_directory, "*.parquet", SearchOption.AllDirectories), file => Assert.StartsWith(set + "/", file, StringComparison.Ordinal));
        Assert.Equal(["a"], Directory.GetFileSystemEntries(outside).Select(Path.GetFileName));
        Assert.All(Directory.GetFiles(set, "*.parquet", SearchOption.AllDirectories), file => Assert.Matches(@"^[a-z_]+/host=[^/=]{1,200}/boot=[^/=]{1,200}/one\.parquet$", file[(set.Length + 1)..]));
        using var sql = new DuckDb(set);
        string[] got = sql.Query("SELECT host, boot FROM recordings")[0].Split('|');
        if (name.Length < 100)
            Assert.Equal([name.Trim().Replace(' ', '_').Replace('\t', '_'), name.Trim()], got.Select((text, i) => i == 0 ? text.Replace('\t', '_') : text));
        else
            Assert.All(got, text => Assert.InRange(text.Length, 60, 200));

        // Given on the command line it is the same.
        run = Run.Of("export", TraceFiles.Failing, "--host", name, "--boot", name, "--parquet", set);
        Assert.Equal((ExitCode.AsExpected, ""), (run.Code, run.Error));
        Assert.Equal(["a"], Directory.GetFileSystemEntries(outside).Select(Path.GetFileName));
    }

    [Fact]
    public void Long_names_that_differ_at_their_ends_stay_apart()
    {
        string name = new('h', 400);
        foreach (string end in (string[])["1", "2", "2"])
            Assert.Equal(ExitCode.AsExpected, Run.Of("export", TraceFiles.Failing, "--host", name + end, "--parquet", In("set")).Code);
        Assert.Equal(2, Directory.GetDirectories(Path.Combine(In("set"), "events")).Length);
    }

    [Fact]
    public void The_datasets_own_name_may_be_odd()
    {
        string set = In("se[t]s of 'all' *kinds*?");
        Directory.CreateDirectory(In("sets of 'all' kinds"));
        Assert.Equal(ExitCode.AsExpected, Run.Of("export", TraceFiles.Failing, "--parquet", set).Code);
        using var sql = new DuckDb(set);
        Assert.Equal(["16470"], sql.Query("SELECT count(*) FROM events WHERE kind <> 'lost'"));
        Assert.Contains(@"/se[t]s of \'all\' *kinds*?/events'", File.ReadAllText(Path.Combine(set, "tables-spark.sql")), StringComparison.Ordinal);
        Assert.Contains("/se[t]s of ''all'' *kinds*?/events'", File.ReadAllText(Path.Combine(set, "tables-trino.sql")), StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_replaced_is_said()
    {
        string monday = Bundle("monday", "db7", "6ff43a0e"), tuesday = Bundle("tuesday", "db7", "6ff43a0e"), other = Bundle("other", "db8", "77777777");
        Assert.DoesNotContain("replaces", Run.Of("export", monday, other, "--parquet", In("set")).Out, StringComparison.Ordinal);
        Assert.Contains("  tuesday: 16,470 events, host db7, boot 6ff43a0e; replaces monday\n", Run.Of("export", tuesday, "--parquet", In("set")).Out, StringComparison.Ordinal);
        string both = Run.Of("export", monday, tuesday, "--parquet", In("set")).Out;
        Assert.Contains("  monday: 16,470 events, host db7, boot 6ff43a0e; replaces tuesday\n", both, StringComparison.Ordinal);
        using var sql = new DuckDb(In("set"));
        Assert.Equal(["db7|2", "db8|1"], sql.Query("SELECT host, count(*) FROM recordings GROUP BY 1 ORDER BY 1"));

        // The day is the one in the facts, otherwise the file's.
        Assert.Equal(["2026-11-20|2026-11-20"], sql.Query("SELECT CAST(min(recorded_on) AS VARCHAR), CAST(max(recorded_on) AS VARCHAR) FROM recordings"));
        string alone = In("alone.txt.zst");
        File.Copy(TraceFiles.Failing, alone);
        File.SetLastWriteTimeUtc(alone, new DateTime(2025, 2, 3, 23, 0, 0, DateTimeKind.Utc));
        Assert.Equal(ExitCode.AsExpected, Run.Of("export", alone, "--parquet", In("set")).Code);
        using var again = new DuckDb(In("set"));
        Assert.Equal(["2025-02-03|alone.txt.zst"], again.Query("SELECT CAST(recorded_on AS VARCHAR), host FROM recordings WHERE recording = 'alone.txt.zst'"));
    }

    [Fact]
    public void A_recording_without_events_is_a_row()
    {
        File.WriteAllText(In("empty.txt"), "# tracer: nop\n#\n# entries-in-buffer/entries-written: 0/0   #P:2\n#\n");
        Assert.Equal(ExitCode.AsExpected, Run.Of("export", In("empty.txt"), TraceFiles.Failing, "--parquet", In("set")).Code);
        using var sql = new DuckDb(In("set"));
        Assert.Equal(["0||0", "16470|16470|8218"], sql.Query("SELECT r.events, (SELECT max(event_id) + 1 FROM events e WHERE e.recording = r.recording), (SELECT count(*) FROM mappings m WHERE m.recording = r.recording) FROM recordings r ORDER BY 1"));
    }

    [Fact]
    public void Ten_thousand_devices()
    {
        var text = new StringBuilder("# tracer: nop\n#\n# entries-in-buffer/entries-written: 40000/40000   #P:2\n#\n");
        for (int i = 0; i < 20_000; i++)
        {
            string what = string.Create(CultureInfo.InvariantCulture, $"dev{i % 10_000:d5} dir=TO_DEVICE dma_addr={0x10000 + (0x1000 * i):x} size={64 + (i % 10_000)}");
            text.Append(CultureInfo.InvariantCulture, $"     task-100     [000] .....     {1 + (i * 0.0001):f6}: dma_map_page: {what} phys_addr={0x10000 + (0x1000 * i):x} attrs=\n");
            text.Append(CultureInfo.InvariantCulture, $"     task-100     [000] .....     {1.00005 + (i * 0.0001):f6}: dma_unmap_page: {what} attrs=\n");
        }

        File.WriteAllText(In("many.txt"), text.ToString());
        Assert.Equal(ExitCode.AsExpected, Run.Of("export", In("many.txt"), "--parquet", In("set")).Code);
        using var sql = new DuckDb(In("set"));
        Assert.Equal(["10000|4|4|10000"], sql.Query("SELECT count(*), min(n), max(n), sum(CASE WHEN bytes = 2 * (64 + CAST(substr(device, 4) AS INTEGER)) THEN 1 END) FROM (SELECT device, count(*) AS n, sum(bytes) FILTER (kind = 'map_page') AS bytes FROM events GROUP BY 1) WHERE bytes > 0"));

        // Mappings tell a few thousand apart, as the report does.
        using JsonDocument report = JsonDocument.Parse(Run.Of("report", In("many.txt"), "--json", "--no-replay").Out);
        string[] devices = sql.Query("SELECT device FROM device_summary ORDER BY 1");
        Assert.Equal(report.RootElement.GetProperty("devices").EnumerateArray().Select(static device => device.GetProperty("name").GetString()!).Order(StringComparer.Ordinal), devices.Order(StringComparer.Ordinal));
        Assert.Contains("(further devices)", devices);
        Assert.Equal(["20000|20000"], sql.Query("SELECT count(*), sum(CASE WHEN state = 'released' THEN 1 END) FROM mappings"));
    }

    // What the page shows is what works.
    [Fact]
    public void Questions_on_the_page_have_answers()
    {
        string page = File.ReadAllText(Path.Combine(ExampleTests.RepositoryRoot(), "docs", "export.md"));
        string[] questions = [.. Question().Matches(page).Select(static match => match.Groups["sql"].Value)];
        Assert.True(questions.Length >= 5);
        string[] bundles = [.. Directory.GetDirectories(TraceFiles.Shipped).Where(static each => File.Exists(Path.Combine(each, "machine.txt")))];
        Assert.Equal(ExitCode.AsExpected, Run.Of(["export", .. bundles, "--parquet", In("set")]).Code);
        foreach (string file in Directory.GetFiles(In("set"), "*.sql"))
            Assert.Contains(Path.GetFileName(file), page, StringComparison.Ordinal);
        using var sql = new DuckDb(In("set"));
        foreach (string question in questions)
            Assert.True(sql.Query(question.Replace("CURRENT_DATE", "DATE '1970-01-08'", StringComparison.Ordinal)).Length > 0, question);
        foreach (string view in sql.Query("SELECT view_name FROM duckdb_views() WHERE NOT internal"))
            Assert.Contains($"`{view}`", page.Replace("### ", "`", StringComparison.Ordinal).Replace("\n", "`", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [GeneratedRegex(@"^```sql\n(?<sql>.*?);?\n```$", RegexOptions.Singleline | RegexOptions.Multiline | RegexOptions.ExplicitCapture)]
    private static partial Regex Question();

    private string In(string name) => Path.Combine(_directory, name);

    // A bundle of a machine with this name.
    private string Bundle(string name, string host, string boot)
    {
        string directory = In(name);
        Directory.CreateDirectory(directory);
        File.Copy(TraceFiles.Failing, Path.Combine(directory, "trace.txt.zst"));
        File.WriteAllText(Path.Combine(directory, "machine.txt"), $"## uname\nLinux {host} 6.12.117 #1 SMP x86_64 GNU/Linux\n## boot_id\n{boot}\n## date\n2026-11-20T10:11:12Z\n");
        return directory;
    }
}
