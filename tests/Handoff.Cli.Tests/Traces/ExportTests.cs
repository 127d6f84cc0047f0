using System.Text.Json;

namespace Handoff.Cli.Tests.Traces;

/// <summary>What another engine reads from an exported dataset is what the report says.</summary>
public sealed class ExportTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("handoff-export-").FullName;

    public static TheoryData<string> Bundles
    {
        get
        {
            var data = new TheoryData<string>();
            foreach (var row in TraceFiles.All("trace.dat", "trace.txt", "trace.txt.zst"))
                data.Add(Path.GetDirectoryName(row.Data)!);
            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Bundles))]
    public void Counts_are_those_of_the_report(string bundle)
    {
        var run = Run.Of("export", bundle, "--parquet", In("set"));
        Assert.Equal((ExitCode.AsExpected, ""), (run.Code, run.Error));
        using JsonDocument report = JsonDocument.Parse(Run.Of("report", bundle, "--json", "--no-replay").Out);
        using var sql = new DuckDb(In("set"));
        JsonElement recording = report.RootElement.GetProperty("recording");
        Assert.Equal([$"{Path.GetFileName(bundle)}|{recording.GetProperty("events")}|{recording.GetProperty("kernel")}|{recording.GetProperty("architecture")}"], sql.Query("SELECT recording, events, kernel, architecture FROM recordings"));
        Assert.Equal([recording.GetProperty("events").ToString()], sql.Query("SELECT count(*) FROM events WHERE kind <> 'lost'"));

        // Findings, in the report's order.
        string[] findings = [.. report.RootElement.GetProperty("findings").EnumerateArray().Select(static f => $"{f.GetProperty("id").GetString()}|{f.GetProperty("title").GetString()}|{f.GetProperty("count")}")];
        Assert.Equal(findings, sql.Query("SELECT id, title, occurrences FROM findings ORDER BY finding"));

        // Devices.
        string[] devices = [.. report.RootElement.GetProperty("devices").EnumerateArray().Select(Device).Order(StringComparer.Ordinal)];
        Assert.True(devices.Length > 3);
        Assert.Equal(devices, sql.Query("SELECT device, maps, mapped_bytes, bounced_buffers, bounced_bytes, failures, live_buffers, allocations FROM device_summary").Order(StringComparer.Ordinal));

        string[] reasons = [.. report.RootElement.GetProperty("devices").EnumerateArray().SelectMany(static d => d.GetProperty("bounces").GetProperty("reasons").EnumerateArray()
            .Select(r => $"{d.GetProperty("name").GetString()}|{r.GetProperty("why").GetString()}|{r.GetProperty("count")}|{r.GetProperty("counts").GetProperty("upTo256")}")).Order(StringComparer.Ordinal)];
        Assert.Equal(reasons, sql.Query("SELECT device, bounce_reason, sum(buffers), coalesce(sum(buffers) FILTER (size_class LIKE '1:%'), 0) FROM bounces GROUP BY ALL").Order(StringComparer.Ordinal));

        // Pools.
        foreach (JsonElement pool in report.RootElement.GetProperty("pools").EnumerateArray())
        {
            string name = pool.GetProperty("name").GetString() is { Length: > 0 } given ? given : "default";
            Assert.Equal([pool.GetProperty("highWaterSlots").ToString()], sql.Query($"SELECT high_water_slots FROM pool_high_water WHERE pool = '{name}'"));
        }

        // Lists: as many entries as their events say, and every mapping of theirs.
        Assert.Equal(["0"], sql.Query("SELECT count(*) FROM (SELECT e.event_id, any_value(e.entries) AS told, count(n.entry) AS there FROM events e LEFT JOIN entries n USING (host, boot, recording, event_id) WHERE e.entries IS NOT NULL GROUP BY ALL) WHERE told <> there"));
        Assert.Equal(sql.Query("SELECT count(*) FROM mappings WHERE bounced"), sql.Query("SELECT coalesce(sum(buffers), 0) FROM bounces"));

        static string Device(JsonElement d)
        {
            long Number(string name) => d.GetProperty(name).GetInt64();
            JsonElement bounces = d.GetProperty("bounces");
            return $"{d.GetProperty("name").GetString()}|{Number("singleMaps") + Number("listMaps")}|{Number("bytes")}|{bounces.GetProperty("count")}|{bounces.GetProperty("bytes")}|{Number("failedMaps") + Number("failedLists") + Number("failedAllocations")}|{d.GetProperty("live").GetProperty("atEnd")}|{d.GetProperty("memory").GetProperty("allocations")}";
        }
    }

    [Fact]
    public void An_export_of_the_same_boot_replaces_it_and_others_stay()
    {
        string one = Path.Combine(TraceFiles.Shipped, "arm64-nc-small"), two = Path.Combine(TraceFiles.Shipped, "x86-force-512");
        Assert.Equal(ExitCode.AsExpected, Run.Of("export", one, two, "--parquet", In("set")).Code);
        string[] before = Files();
        Assert.Equal(ExitCode.AsExpected, Run.Of("export", one, "--parquet", In("set")).Code);
        Assert.Equal(before, Files());
        using (var sql = new DuckDb(In("set")))
            Assert.Equal(["arm64-nc-small|32032", "x86-force-512|16470"], sql.Query("SELECT recording, count(*) FROM events WHERE kind <> 'lost' GROUP BY 1 ORDER BY 1"));

        // A part of the recording has the same first messages of the kernel: it is of the same boot.
        Assert.Equal(ExitCode.AsExpected, Run.Of("slice", one, "-o", In("arm64-nc-small"), "--to", "1").Code);
        Assert.Equal(ExitCode.AsExpected, Run.Of("export", In("arm64-nc-small"), "--parquet", In("set")).Code);
        Assert.Equal(before, Files());
        using (var sql = new DuckDb(In("set")))
            Assert.Equal(["t|x86-force-512"], sql.Query("SELECT CASE WHEN count(*) < 32032 THEN 't' END, (SELECT min(recording) FROM events WHERE recording <> 'arm64-nc-small') FROM events WHERE recording = 'arm64-nc-small'"));

        string[] Files() => [.. Directory.GetFiles(In("set"), "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)];
    }

    [Fact]
    public void Several_recordings_of_one_boot_share_a_partition()
    {
        string one = Path.Combine(TraceFiles.Shipped, "arm64-nc-small");
        var run = Run.Of("export", one, TraceFiles.Failing, one, "--parquet", In("set"), "--host", "a/b c", "--boot", "../7");
        Assert.Equal((ExitCode.AsExpected, ""), (run.Code, run.Error));
        string partition = Path.Combine(In("set"), "events", "host=a%2Fb%20c", "boot=%2E.%2F7");
        Assert.Equal(["arm64-nc-small-2.parquet", "arm64-nc-small.parquet", "x86-force-512.parquet"], Directory.GetFiles(partition).Select(static file => Path.GetFileName(file)).Order(StringComparer.Ordinal));
        using var sql = new DuckDb(In("set"));
        Assert.Equal(["a/b c|../7|3"], sql.Query("SELECT host, boot, count(*) FROM recordings GROUP BY ALL"));
    }

    [Fact]
    public void Interruption_and_failure_leave_the_dataset_as_it_was()
    {
        string one = Path.Combine(TraceFiles.Shipped, "arm64-nc-small");
        Assert.Equal(ExitCode.AsExpected, Run.Of("export", one, "--parquet", In("set")).Code);
        var before = Contents();
        using var cancelled = new CancellationTokenSource();
        cancelled.Cancel();
        var run = Run.Of(new Run.Settings(Cancelled: cancelled.Token), "export", one, "--parquet", In("set"));
        Assert.Equal((ExitCode.Inconclusive, "handoff: interrupted; nothing was written\n"), (run.Code, run.Error));
        File.WriteAllText(In("none.dat"), "no recording\n");
        run = Run.Of("export", one, In("none.dat"), "--parquet", In("set"));
        Assert.Equal(ExitCode.BadInput, run.Code);
        Assert.Contains("nothing to export; nothing was written", run.Error, StringComparison.Ordinal);
        Assert.Equal(before, Contents());
        Assert.Equal(ExitCode.BadInput, Run.Of("export", In("none.dat"), "--parquet", In("other")).Code);
        Assert.False(Directory.Exists(In("other")));

        // The last table cannot be moved: what was moved before it goes back.
        string last = Path.Combine(In("set"), "pool_occupancy");
        Directory.Move(last, last + ".away");
        File.WriteAllText(last, "in the way");
        run = Run.Of("export", one, "--parquet", In("set"));
        Assert.Equal(ExitCode.CannotWrite, run.Code);
        File.Delete(last);
        Directory.Move(last + ".away", last);
        Assert.Equal(before, Contents());

        Dictionary<string, string> Contents() => Directory.GetFiles(In("set"), "*", SearchOption.AllDirectories).ToDictionary(static file => file, static file => Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(file))));
    }

    [Fact]
    public void Columns_without_a_value_have_no_lowest_one()
    {
        // Files say 0 to 0 of them; an engine must not take that for values.
        Assert.Equal(ExitCode.AsExpected, Run.Of("export", Path.Combine(TraceFiles.Shipped, "arm64-nc-small"), "--parquet", In("set")).Code);
        using var sql = new DuckDb(In("set"));
        Assert.Equal(["|||true"], sql.Query("SELECT min(dma_mask), max(dma_mask), sum(dma_mask), CAST(count(*) > 1000 AND count(dma_mask) = 0 AS VARCHAR) FROM events WHERE kind <> 'swiotlb_bounced'"));
        Assert.Equal(["0|0"], sql.Query("SELECT (SELECT count(*) FROM events WHERE kind <> 'swiotlb_bounced' AND dma_mask = 0), (SELECT count(*) FROM events WHERE kind <> 'swiotlb_bounced' AND dma_mask IS NOT NULL)"));
        string[] empty = [.. sql.Query("SELECT table_name || '.' || column_name FROM information_schema.columns WHERE table_name IN ('recordings', 'events', 'entries', 'mappings', 'findings', 'pool_occupancy') AND data_type IN ('BIGINT', 'INTEGER')")
            .Where(column => sql.Query($"SELECT count({column.Split('.')[1]}) FROM {column.Split('.')[0]}")[0] == "0")];
        Assert.NotEmpty(empty);
        foreach (string column in empty)
            Assert.Equal(["|"], sql.Query($"SELECT min({column.Split('.')[1]}), max({column.Split('.')[1]}) FROM {column.Split('.')[0]}"));
    }

    [Fact]
    public void Wrong_uses_say_what_to_do()
    {
        Assert.Contains("'handoff export' needs TRACE", Run.Of("export", "--parquet", In("set")).Error, StringComparison.Ordinal);
        var run = Run.Of("export", TraceFiles.Dat);
        Assert.Equal(ExitCode.Usage, run.Code);
        Assert.Contains("--parquet", run.Error, StringComparison.Ordinal);
        File.WriteAllText(In("file"), "precious");
        run = Run.Of("export", TraceFiles.Dat, "--parquet", In("file"));
        Assert.Equal(ExitCode.CannotWrite, run.Code);
        Assert.Contains("is a file; --parquet names a directory", run.Error, StringComparison.Ordinal);
        Assert.Equal(ExitCode.CannotWrite, Run.Of("export", TraceFiles.Dat, "--parquet", Path.Combine(In("no"), "where")).Code);
        Assert.Equal(ExitCode.CannotWrite, Run.Of("export", TraceFiles.Dat, "--parquet", "/proc/set").Code);
        Assert.Equal(ExitCode.Usage, Run.Of("export", TraceFiles.Dat, "--parquet", In("set"), "--host", " ").Code);
        Assert.Equal(ExitCode.BadInput, Run.Of("export", In("absent.dat"), "--parquet", In("set")).Code);
        Assert.False(Directory.Exists(In("set")));
    }

    [Fact]
    public void What_precedes_damage_is_exported()
    {
        byte[] bytes = File.ReadAllBytes(Path.Combine(TraceFiles.Shipped, "x86-force-512", "trace.txt.zst"));
        File.WriteAllBytes(In("trace.txt.zst"), bytes[..(bytes.Length / 2)]);
        var run = Run.Of("export", In("trace.txt.zst"), "--parquet", In("set"));
        Assert.Equal(ExitCode.BadInput, run.Code);
        Assert.Contains("error HT", run.Error, StringComparison.Ordinal);
        using var sql = new DuckDb(In("set"));
        Assert.Equal(["false|true"], sql.Query("SELECT CAST(is_complete AS VARCHAR), CAST(events > 5000 AS VARCHAR) FROM recordings"));
    }

    [Fact]
    public void The_page_states_the_schema()
    {
        string page = File.ReadAllText(Path.Combine(ExampleTests.RepositoryRoot(), "docs", "export.md"));
        Assert.Equal(ExitCode.AsExpected, Run.Of("export", TraceFiles.Dat, "--parquet", In("set")).Code);
        using var sql = new DuckDb(In("set"));
        string[] columns = sql.Query("SELECT table_name, column_name, data_type FROM information_schema.columns WHERE table_name IN ('recordings', 'events', 'entries', 'mappings', 'findings', 'pool_occupancy') AND column_name NOT IN ('host', 'boot', 'recording')");
        Assert.True(columns.Length > 60);
        foreach (string column in columns)
        {
            string[] words = column.Split('|');
            int heading = page.IndexOf($"### {words[0]}\n", StringComparison.Ordinal);
            Assert.True(heading >= 0, words[0]);
            int next = page.IndexOf("\n### ", heading, StringComparison.Ordinal);
            Assert.Contains($"| `{words[1]}` | {words[2]} |", page[heading..(next < 0 ? page.Length : next)], StringComparison.Ordinal);
        }

        // Every view is there and can be read.
        foreach (string view in sql.Query("SELECT view_name FROM duckdb_views() WHERE NOT internal"))
            Assert.NotEmpty(sql.Query($"SELECT count(*) FROM {view}"));
    }

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    private string In(string name) => Path.Combine(_directory, name);
}
