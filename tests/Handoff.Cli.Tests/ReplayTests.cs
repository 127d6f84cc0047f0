using System.Text;
using System.Text.Json;

namespace Handoff.Cli.Tests;

/// <summary><c>handoff replay</c> and <c>handoff size</c> as users meet them.</summary>
public sealed class ReplayTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("handoff-replay-").FullName;

    public ReplayTests()
    {
        File.WriteAllText(In("trace.txt"), Trace());
        File.WriteAllText(In("dmesg.txt"), "software IO TLB: area num 2.\nsoftware IO TLB: mapped [mem 0x000000007f91c000-0x000000007fa1c000] (1MB)\n");
        File.WriteAllText(
            In("machine.txt"),
            "## uname\nLinux box 6.12.117 #1 SMP x86_64\n## cmdline\nquiet swiotlb=512\n## iomem\n00100000-7ffd3fff : System RAM\n100000000-1ffffffff : System RAM\n");
        File.WriteAllText(In("words.txt"), "lorem ipsum\n");
        File.WriteAllText(In("empty.dat"), "");
        File.WriteAllText(In("idle.txt"), "# tracer: nop\n   cat-1  [000] .....  1.000000: sched_switch: nothing\n");
        Directory.CreateDirectory(In("nothing"));
    }

    /// <summary>Command line ($ stands for the directory with the files), exit code, what stands in the message.</summary>
    public static TheoryData<string, int, string> Table => new()
    {
        { "replay", 2, "'handoff replay' needs TRACE" },
        { "size", 2, "'handoff size' needs TRACE" },
        { "replay $ --swiotlb", 2, "option '--swiotlb' needs SIZE,…" },
        { "replay $ --swiotlb 64X", 2, "--swiotlb: '64X' is no pool size\n  hint: write bytes like 64M, slots like 32768 or 0x8000" },
        { "replay $ --swiotlb 64M,,1G", 2, "--swiotlb: '' is no pool size" },
        { "replay $ --swiotlb -1", 2, "--swiotlb: '-1' is no pool size" },
        { "replay $ --swiotlb 0", 2, "--swiotlb: '0' is no slot at all\n  hint: to do without a pool, write --bounce never" },
        { "replay $ --swiotlb 0x", 2, "--swiotlb: '0x' is no pool size" },
        { "replay $ --swiotlb 32G", 2, "--swiotlb: '32G' is more than any kernel makes\n  hint: 16G at most" },
        { "replay $ --swiotlb 99999999999999999999", 2, "no pool size" },
        { "replay $ --swiotlb 0%", 2, "'0%' is no pool size" },
        { "replay $ --swiotlb 1/0", 2, "'1/0' is no pool size" },
        { "replay $ --areas 0", 2, "--areas: '0' is no number of areas" },
        { "replay $ --areas cpu", 2, "--areas: 'cpu' is no number of areas\n  hint: write numbers from 1 to 8192, or cpus for one a processor" },
        { "replay $ --kernel linux-9.9", 2, "'linux-9.9' is no known kernel" },
        { "replay $ --bounce forced", 2, "--bounce: 'forced' is no way to bounce\n  hint: did you mean 'force'?" },
        { "replay $ --mask 0000:00:03.0", 2, "--mask: '0000:00:03.0' is no mask" },
        { "replay $ --mask 0000:00:03.0=65", 2, "is no mask\n  hint: write a device and a number of bits from 1 to 64" },
        { "replay $ --mask 0000:00:03.0=64,0000:00:03.0=32", 2, "--mask: 0000:00:03.0 is given twice" },
        { "replay $ --mask 0000:00:04.0=64", 2, "--mask: the recording has no device '0000:00:04.0'\n  hint: did you mean '0000:00:03.0'?" },
        { "replay $ --recorded lots", 2, "--recorded: 'lots' is nothing that swiotlb= takes\n  hint: write it as on the kernel's command line: 512,2,force" },
        { "replay $/missing.dat", 3, "missing.dat: no such file or directory" },
        { "replay $/nothing", 3, "there is no recording in this directory" },
        { "replay $/words.txt", 3, "words.txt holds no mapping" },
        { "replay $/empty.dat", 3, "the file is empty" },
        { "replay $/idle.txt", 3, "idle.txt holds no mapping\n  hint: record with trace-cmd record -e dma -e swiotlb" },
        { "size $/words.txt", 3, "words.txt holds no mapping" },
        { "size $ --headroom 100%", 2, "--headroom: '100%' is no share\n  hint: write it like 25% or 0.25" },
        { "size $ --headroom much", 2, "--headroom: 'much' is no share" },
        { "size $ --kernel linux-6.4,linux-6.12", 2, "--kernel: one at a time\n  hint: handoff replay compares several" },
        { "size $ --bounce never", 2, "--bounce: without a pool there is nothing to size" },
        { "size $ --areas 1,2", 2, "--areas: one number at a time" },
        { "size $ --swiotlb 64M", 2, "unknown option '--swiotlb'" },
    };

    [Theory]
    [MemberData(nameof(Table))]
    public void Bad_use_gets_a_message_and_an_exit_code(string line, int code, string message)
    {
        var run = Run.Of(line.Replace("$", _directory, StringComparison.Ordinal).Split(' '));
        Assert.Contains(message.Replace("$", _directory, StringComparison.Ordinal), run.Error, StringComparison.Ordinal);
        Assert.Equal(code, (int)run.Code);
        Assert.Empty(run.Out);
        Assert.DoesNotContain("   at ", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Sizes_are_bytes_slots_or_shares_of_the_peak()
    {
        // The load needs 600 slots at once.
        using var json = JsonDocument.Parse(Run.Of("replay", _directory, "--json", "--swiotlb", "1M,1024,0x800,8MiB,50%,3/2,0.25,default").Out);
        Assert.Equal(
            [512, 1024, 2048, 4096, 256, 32768],
            json.RootElement.GetProperty("replays").EnumerateArray().Select(r => r.GetProperty("pool").GetProperty("slots").GetInt32()).Distinct());
    }

    [Fact]
    public void A_sweep_is_the_product_of_its_lists_without_doubles()
    {
        using var json = JsonDocument.Parse(Run.Of("replay", _directory, "--json", "--swiotlb", "2M,4M", "--areas", "1,cpus,4", "--kernel", "linux-5.10,linux-6.12").Out);
        var shapes = json.RootElement.GetProperty("replays").EnumerateArray()
            .Select(r => (r.GetProperty("kernel").GetString(), r.GetProperty("pool").GetProperty("slots").GetInt32(), r.GetProperty("pool").GetProperty("areas").GetInt32()));
        Assert.Equal(
            [
                ("linux-5.10", 1024, 1), ("linux-5.10", 2048, 1),
                ("linux-6.12", 1024, 1), ("linux-6.12", 2048, 1), ("linux-6.12", 1024, 2), ("linux-6.12", 2048, 2), ("linux-6.12", 1024, 4), ("linux-6.12", 2048, 4),
            ],
            shapes);
    }

    [Fact]
    public void The_replay_says_what_it_reproduced_and_what_fails()
    {
        var run = Run.Of("replay", _directory, "--swiotlb", "512K,1M,2M", "--areas", "2");
        Assert.Equal((ExitCode.AsExpected, ""), (run.Code, run.Error));
        Assert.Contains("reproduced 310 of 310 outcomes, 256 of 256 addresses", run.Out, StringComparison.Ordinal);
        Assert.Contains("failures by pool size, linux-6.12, 2 areas", run.Out, StringComparison.Ordinal);
        Assert.Contains("44 requests failed in the recording, in 54 attempts", run.Out, StringComparison.Ordinal);
        Assert.All(run.Out.Split('\n'), static line => Assert.True(line.Length <= 80, line));

        Assert.Equal(ExitCode.Differs, Run.Of("replay", _directory).Code); // the recorded pool fails
        Assert.Equal(ExitCode.Differs, Run.Of("replay", _directory, "--swiotlb", "512K").Code);
        Assert.Equal(ExitCode.AsExpected, Run.Of("replay", _directory, "--mask", "0000:00:03.0=64").Code); // nothing bounces then
    }

    [Fact]
    public void The_size_is_found_and_json_has_all_of_it()
    {
        var run = Run.Of("size", _directory);
        Assert.Equal((ExitCode.AsExpected, ""), (run.Code, run.Error));
        Assert.Contains("smallest without failure  2 MiB  swiotlb=1024", run.Out, StringComparison.Ordinal);

        using var json = JsonDocument.Parse(Run.Of("size", _directory, "--json", "--headroom", "50%").Out);
        var root = json.RootElement;
        Assert.Equal("handoff-size/1", root.GetProperty("schema").GetString());
        Assert.Equal(0.5, root.GetProperty("headroom").GetDouble());
        Assert.Equal(1024, root.GetProperty("smallest").GetProperty("pool").GetProperty("slots").GetInt32());
        Assert.Equal("2048", root.GetProperty("withHeadroom").GetProperty("swiotlb").GetString());
        Assert.Equal(0, root.GetProperty("unhelped").GetArrayLength());
        Assert.Equal([256, 512, 1024, 2048], root.GetProperty("curve").EnumerateArray().Select(o => o.GetProperty("pool").GetProperty("slots").GetInt32()).Take(4));
    }

    [Fact]
    public void Json_of_a_replay_keeps_its_schema()
    {
        using var json = JsonDocument.Parse(Run.Of("replay", _directory, "--json", "--swiotlb", "2M").Out);
        var root = json.RootElement;
        Assert.Equal(["schema", "load", "recorded", "replays", "milliseconds"], root.EnumerateObject().Select(static m => m.Name));
        Assert.Equal("handoff-replay/1", root.GetProperty("schema").GetString());
        Assert.Equal(
            ["name", "kernelRelease", "seconds", "events", "operations", "mappings", "bounced", "failedAttempts", "failedRequests", "unservedRequests",
                "withoutMap", "translated", "truncatedLists", "missingEntries", "lostEvents", "cut", "devices", "assumptions"],
            root.GetProperty("load").EnumerateObject().Select(static m => m.Name));
        Assert.Equal(
            ["kernel", "swiotlb", "pool", "maps", "bounced", "failures", "retries", "recovered", "firstFailure", "failuresByCause", "highWaterSlots",
                "highWaterBytes", "copiedBytes", "copies", "maintainedBytes", "searchesByArea", "searchSteps", "mostSteps", "spilled", "poolsMade", "compared"],
            root.GetProperty("recorded").EnumerateObject().Select(static m => m.Name));
        var failure = root.GetProperty("recorded").GetProperty("failuresByCause")[0];
        Assert.Equal(["device", "cause", "requests", "first", "largestBytes", "dependsOnPoolSize"], failure.EnumerateObject().Select(static m => m.Name));
        Assert.Equal("poolFull", failure.GetProperty("cause").GetString());

        // Every member is explained.
        string page = File.ReadAllText(Path.Combine(Root(), "docs", "json.md"));
        foreach (string name in Names(root).Distinct().Where(static name => name != "schema"))
            Assert.True(page.Contains($"`{name}`", StringComparison.Ordinal) || page.Contains($".{name}`", StringComparison.Ordinal) || page.Contains($"{name}[]`", StringComparison.Ordinal), $"docs/json.md does not explain {name}");
    }

    [Fact]
    public void Interrupted_it_shows_what_is_known()
    {
        var run = Run.Of(new Run.Settings(Cancelled: new CancellationToken(canceled: true)), "replay", _directory, "--swiotlb", "2M");
        Assert.Equal(ExitCode.Inconclusive, run.Code);
        Assert.Contains("interrupted after", run.Out, StringComparison.Ordinal);
        Assert.Equal(ExitCode.Inconclusive, Run.Of(new Run.Settings(Cancelled: new CancellationToken(canceled: true)), "size", _directory).Code);
    }

    [Fact]
    public void Without_facts_it_says_what_it_assumes()
    {
        Directory.CreateDirectory(In("bare"));
        File.Copy(In("trace.txt"), In("bare/load.txt"));
        var run = Run.Of("replay", In("bare/load.txt"), "--recorded", "512,2");
        Assert.Contains("pool 1 MiB (512 slots, 2 areas) at 0x7f91c000", run.Out, StringComparison.Ordinal);
        Assert.Contains("reproduced 310 of 310 outcomes, 256 of 256 addresses", run.Out, StringComparison.Ordinal);
        var piped = Run.Of(new Run.Settings(Input: Trace()), "replay", "-", "--recorded", "512,2");
        Assert.Equal(run.Out.Replace("load.txt", "standard input", StringComparison.Ordinal).Split('\n')[..^2], piped.Out.Split('\n')[..^2]);
        Assert.Contains("Assumed, because nothing tells: architecture: x86_64; kernel: linux-6.12;", run.Out, StringComparison.Ordinal);
    }

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    private static IEnumerable<string> Names(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object => element.EnumerateObject().SelectMany(static m => Names(m.Value).Prepend(m.Name)),
        JsonValueKind.Array => element.EnumerateArray().SelectMany(Names),
        _ => [],
    };

    private static string Root()
    {
        var at = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(at.FullName, "Handoff.slnx")))
            at = at.Parent!;
        return at.FullName;
    }

    /// <summary>
    /// 300 buffers of a page and 32-bit device, mapped on two CPUs in turn; a pool of 512 slots holds 256 of them. The last that fails is
    /// tried ten more times. Then all are released.
    /// </summary>
    private static string Trace()
    {
        const ulong pool = 0x7f91_c000;
        var text = new StringBuilder("# tracer: nop\n#\n");
        int line = 0;
        void Line(int cpu, string payload) => text.Append($"      driver-9      [{cpu:000}] .....  {1 + (line++ / 1e5):f6}: {payload}\n");
        for (int i = 0; i < 310; i++)
        {
            int buffer = Math.Min(i, 299), cpu = i & 1;
            // 128 buffers fill an area; an area that is full is left for the other at once.
            ulong slot = i < 256 ? ((ulong)cpu << 8) + ((ulong)(i >> 1) * 2) : 0;
            string dma = i < 256 ? $"{pool + (slot << 11):x}" : "ffffffffffffffff";
            Line(cpu, $"swiotlb_bounced: dev_name: 0000:00:03.0 dma_mask=ffffffff dev_addr={0x1_0000_0000 + (buffer << 12):x} size=4096 NORMAL");
            Line(cpu, $"dma_map_page: 0000:00:03.0 dir=FROM_DEVICE dma_addr={dma} size=4096 phys_addr={0x1_0000_0000 + (buffer << 12):x} attrs=");
        }

        for (int i = 0; i < 256; i++)
            Line(i & 1, $"dma_unmap_page: 0000:00:03.0 dir=FROM_DEVICE dma_addr={pool + (((ulong)(i & 1) << 8) + ((ulong)(i >> 1) * 2) << 11):x} size=4096 attrs=");
        return text.ToString();
    }

    private string In(string name) => Path.Combine(_directory, name);
}
