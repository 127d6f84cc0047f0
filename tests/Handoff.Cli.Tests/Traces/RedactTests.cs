using Handoff.Tracing.Bundles;

namespace Handoff.Cli.Tests.Traces;

public sealed class RedactTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("handoff-redact-").FullName;

    [Fact]
    public void A_bundle_becomes_a_bundle_and_a_file_a_file()
    {
        string source = Path.Combine(TraceFiles.Shipped, "x86-force-512");
        var run = Run.Of("redact", source, "-o", In("shared"));
        Assert.Equal((ExitCode.AsExpected, ""), (run.Code, run.Error));
        Assert.StartsWith($"{In("shared")}: 16,470 events, ", run.Out, StringComparison.Ordinal);
        Assert.Contains("not hidden: times, sizes, order, CPUs, where memory is, the kernel's version", run.Out, StringComparison.Ordinal);
        Assert.Equal(["dmesg.txt", "machine.txt", "trace.dat", "trace_stats.txt"], Directory.GetFiles(In("shared")).Select(static file => Path.GetFileName(file)).Order(StringComparer.Ordinal));
        Assert.Equal("swiotlb=512,force", TraceBundle.Find(In("shared"))!.ReadFacts().CommandLine);

        Assert.Equal(ExitCode.AsExpected, Run.Of("redact", source, "-o", In("shared.dat")).Code);
        Assert.True(File.Exists(In("shared.dat")));
        string[] before = Run.Of("report", source, "--no-replay").Out.Split('\n'), after = Run.Of("report", In("shared"), "--no-replay").Out.Split('\n');
        Assert.Equal("✗ 7,544 mappings failed: the bounce pool is too small for 2 devices      certain", before[3]);
        Assert.Equal(before[3], after[3]);
    }

    [Fact]
    public void The_same_key_gives_the_same_bytes_and_no_key_does_not()
    {
        foreach (string name in (string[])["a.dat", "b.dat"])
            Assert.Equal(ExitCode.AsExpected, Run.Of("redact", TraceFiles.Dat, "-o", In(name), "--key", "a secret").Code);
        foreach (string name in (string[])["c.dat", "d.dat"])
            Assert.Equal(ExitCode.AsExpected, Run.Of("redact", TraceFiles.Dat, "-o", In(name)).Code);
        Assert.Equal(File.ReadAllBytes(In("a.dat")), File.ReadAllBytes(In("b.dat")));
        Assert.NotEqual(File.ReadAllBytes(In("a.dat")), File.ReadAllBytes(In("c.dat")));
        Assert.NotEqual(File.ReadAllBytes(In("c.dat")), File.ReadAllBytes(In("d.dat")));
    }

    [Fact]
    public void Standard_input_is_read_too()
    {
        const string line = "  kworker/0:1-12    [000] d..1.     1.000001: dma_map_page: secret.device dir=TO_DEVICE dma_addr=40a03000 size=64 phys_addr=40a03000 attrs=\n";
        var run = Run.Of(new Run.Settings(Input: line), "redact", "-", "-o", In("in.dat"));
        Assert.Equal((ExitCode.AsExpected, ""), (run.Code, run.Error));
        string dump = Run.Of("dump", In("in.dat")).Out;
        Assert.Contains("size=64", dump, StringComparison.Ordinal);
        foreach (string secret in (string[])["secret", "kworker", "40a03000", "-12 "])
            Assert.DoesNotContain(secret, dump, StringComparison.Ordinal);
    }

    [Fact]
    public void Lists_of_different_lengths_are_no_bug()
    {
        const string bounce = "  task-12    [000] d..1.     1.000001: swiotlb_bounced: dev_name: dev dma_mask=ffffffff dev_addr=40a03000 size=64 FORCE\n";
        const string list = "  task-12    [000] d..1.     1.000002: dma_map_sg: dev dir=TO_DEVICE nents=1/1 ents=2/2 dma_addrs={0xfc000000,0xfc001000} sizes={0x40} phys_addrs={0x40a03000} attrs=\n";
        var run = Run.Of(new Run.Settings(Input: bounce + list), "redact", "-", "-o", In("lists.dat"));
        Assert.Equal((ExitCode.AsExpected, ""), (run.Code, run.Error));
        Assert.Contains("2 events", run.Out, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("device", "--keep: 'device' is none of the names that can stay\n  hint: did you mean 'devices'?")]
    [InlineData("everything", "there are: devices, tasks, markers")]
    [InlineData("devices,", "--keep: '' is none")]
    public void Names_that_cannot_stay_are_refused(string keep, string message)
    {
        var run = Run.Of("redact", TraceFiles.Dat, "-o", In("a.dat"), "--keep", keep);
        Assert.Equal((ExitCode.Usage, ""), (run.Code, run.Out));
        Assert.Contains(message, run.Error, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(_directory));
    }

    [Fact]
    public void Wrong_uses_say_what_to_do()
    {
        File.WriteAllText(In("mine.dat"), "precious");
        var run = Run.Of("redact", TraceFiles.Dat, "-o", In("mine.dat"));
        Assert.Equal(ExitCode.CannotWrite, run.Code);
        Assert.Contains("mine.dat: exists already\n  hint: --force replaces it", run.Error, StringComparison.Ordinal);
        Assert.Equal("precious", File.ReadAllText(In("mine.dat")));
        Assert.Equal(ExitCode.Usage, Run.Of("redact", TraceFiles.Dat).Code);
        Assert.Equal(ExitCode.Usage, Run.Of("redact", TraceFiles.Dat, "-o", In("b.dat"), "--key", "").Code);
        Assert.Equal(ExitCode.CannotWrite, Run.Of("redact", TraceFiles.Dat, "-o", "/dev/full").Code);
        Assert.Equal(ExitCode.BadInput, Run.Of("redact", In("none.dat"), "-o", In("b.dat")).Code);
        run = Run.Of("redact", In("mine.dat"), "-o", In("b.dat"));
        Assert.Equal(ExitCode.BadInput, run.Code);
        Assert.False(File.Exists(In("b.dat")));
    }

    [Fact]
    public void Interruption_leaves_nothing_behind()
    {
        using var cancelled = new CancellationTokenSource();
        cancelled.Cancel();
        var run = Run.Of(new Run.Settings(Cancelled: cancelled.Token), "redact", TraceFiles.Dat, "-o", In("a.dat"));
        Assert.Equal((ExitCode.Inconclusive, "handoff: interrupted; nothing was written\n"), (run.Code, run.Error));
        Assert.Empty(Directory.GetFileSystemEntries(_directory));
    }

    [Fact]
    public void Damage_is_named_and_what_precedes_it_is_redacted()
    {
        byte[] bytes = File.ReadAllBytes(TraceFiles.Dat);
        File.WriteAllBytes(In("cut.dat"), bytes[..(bytes.Length / 2)]);
        var run = Run.Of("redact", In("cut.dat"), "-o", In("out.dat"));
        Assert.Equal(ExitCode.BadInput, run.Code);
        Assert.Contains("cut.dat: error HT", run.Error, StringComparison.Ordinal);
    }

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    private string In(string name) => Path.Combine(_directory, name);
}
