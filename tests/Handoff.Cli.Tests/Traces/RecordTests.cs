using System.Buffers.Binary;
using Handoff.Tracing.Bundles;

namespace Handoff.Cli.Tests.Traces;

/// <summary>Recording a machine that is a directory: its ring buffers hold pages that a real kernel filled.</summary>
public sealed class RecordTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("handoff-record-").FullName;

    [Fact]
    public void Pages_become_a_recording_that_reads_as_the_one_they_are_from()
    {
        using var machine = new FakeMachine();
        var run = Record(machine, "-o", In("bundle"), "--time", "100ms");
        Assert.Equal((ExitCode.AsExpected, ""), (run.Code, run.Error));
        Assert.StartsWith($"{In("bundle")}: 32,032 events in ", run.Out, StringComparison.Ordinal);
        Assert.Equal(Plain(Run.Of("dump", TraceFiles.Six).Out), Plain(Run.Of("dump", In("bundle")).Out));
        Assert.Equal(["dmesg.txt", "machine.dts", "machine.txt", "trace.dat", "trace_stats.txt"], Directory.GetFiles(In("bundle")).Select(static file => Path.GetFileName(file)).Order(StringComparer.Ordinal));

        MachineFacts facts = TraceBundle.Find(In("bundle"))!.ReadFacts();
        Assert.Empty(facts.Diagnostics);
        Assert.Equal(("fakebox", "6.12.117", "6ff43a0e-8a3f-4c8b-a5a0-0d3c0b6f4a77", "1024"), (facts.HostName, facts.KernelRelease, facts.BootId, facts.Parameter("swiotlb")));
        Assert.Equal(new MemoryRange(new(0xfa000000), 64 << 20), facts.Swiotlb);
        Assert.Equal((2, 0x4000_0000UL, 32768UL), (facts.SwiotlbAreas, facts.Ram!.Ranges[0].Start.Value, facts.SwiotlbCounters["io_tlb_nslabs"]));
        Assert.Equal([new PciDeviceFacts("0000:00:03.0", "0x1b36:0x0007", "sdhci-pci", 32, 32)], facts.PciDevices);
        Assert.Equal(["0000:00:09.0"], facts.TranslatedDevices);
        Assert.True(facts.IsCoherent("0000:00:03.0")); // the bridge's node says so
        Assert.Equal([0u, 0xffu], facts.NodeOf("0000:00:03.0")!.Cells("bus-range"));

        // Names of tasks are the kernel's, which keeps few of them.
        static string Plain(string text) => System.Text.RegularExpressions.Regex.Replace(text, "^ *\\S.{0,15}-(?<pid>[0-9]+) ", "${pid} ", System.Text.RegularExpressions.RegexOptions.Multiline);
    }

    [Fact]
    public void Everything_is_switched_off_again()
    {
        using var machine = new FakeMachine();
        Assert.Equal(ExitCode.AsExpected, Record(machine, "-o", In("a.dat"), "--time", "50ms", "--buffer-size", "512K").Code);
        string Value(string name) => File.ReadAllText(machine.In($"{FakeMachine.Instance}/{name}"));
        // The directory keeps what was written: the clock and size asked for, events off at the end. Files are not cut, as in tracefs.
        Assert.StartsWith("mono", Value("trace_clock"), StringComparison.Ordinal);
        Assert.StartsWith("512", Value("buffer_size_kb"), StringComparison.Ordinal);
        Assert.StartsWith("0", Value("tracing_on"), StringComparison.Ordinal);
        Assert.StartsWith("0", Value("events/dma/enable"), StringComparison.Ordinal);
        Assert.StartsWith("0", Value("events/swiotlb/enable"), StringComparison.Ordinal);
        Assert.Equal("0\n", File.ReadAllText(machine.In($"{FakeMachine.Tracing}/events/dma/enable"))); // nobody else's buffer was touched
        Assert.Equal([In("a.dat")], Directory.GetFileSystemEntries(_directory)); // a name with an ending: no bundle, and no leftover
    }

    [Fact]
    public void A_command_is_recorded_while_it_runs()
    {
        using var machine = new FakeMachine();
        var run = Record(machine, "-o", In("one"), "--", "false");
        Assert.Equal(1, (int)run.Code);
        Assert.Contains("handoff: the command ended with exit code 1", run.Error, StringComparison.Ordinal);
        run = Record(machine, "-o", In("two"), "--", "touch", In("ran"));
        Assert.Equal((ExitCode.AsExpected, ""), (run.Code, run.Error));
        Assert.True(File.Exists(In("ran")));
        run = Record(machine, "-o", In("three"), "--", "no-such-command-anywhere");
        Assert.Equal(ExitCode.Usage, run.Code);
        Assert.Contains("the command 'no-such-command-anywhere' cannot be started", run.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(In("three")));
        Assert.StartsWith("0", File.ReadAllText(machine.In($"{FakeMachine.Instance}/tracing_on")), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("exit 0", 0)]
    [InlineData("exit 3", 3)]
    [InlineData("exit 77", 77)]
    [InlineData("kill -TERM $$", 128 + 15)]
    public void The_commands_exit_code_is_passed_on_with_a_good_recording(string script, int code)
    {
        using var machine = new FakeMachine();
        var run = Record(machine, "-o", In("bundle"), "--", "sh", "-c", script);
        Assert.Equal(code, (int)run.Code);
        Assert.StartsWith($"{In("bundle")}: 32,032 events", run.Out, StringComparison.Ordinal);
        Assert.Equal(code == 0 ? "" : $"handoff: the command ended with exit code {code}\n", run.Error);
        Assert.True(File.Exists(In("bundle/trace.dat")));
    }

    [Fact]
    public void A_command_that_outlives_the_time_has_no_exit_code()
    {
        using var machine = new FakeMachine();
        var run = Record(machine, "-o", In("bundle"), "--time", "100ms", "--", "sh", "-c", "sleep 1; exit 9");
        Assert.Equal((ExitCode.AsExpected, ""), (run.Code, run.Error));
    }

    [Fact]
    public void Without_a_recording_the_exit_code_is_the_programs_own()
    {
        using var machine = new FakeMachine();
        File.Delete(machine.In($"{FakeMachine.Instance}/buffer_size_kb"));
        var run = Record(machine, "-o", In("bundle"), "--", "sh", "-c", "exit 9");
        Assert.Equal((ExitCode.BadInput, ""), (run.Code, run.Out));
    }

    [Fact]
    public void Lost_events_are_counted_and_the_recording_says_where()
    {
        using var machine = new FakeMachine();
        machine.Write($"{FakeMachine.Instance}/per_cpu/cpu1/stats", "entries: 0\noverrun: 1234\ncommit overrun: 0\ndropped events: 6\n");
        string pipe = machine.In($"{FakeMachine.Instance}/per_cpu/cpu1/trace_pipe_raw");
        byte[] pages = File.ReadAllBytes(pipe);
        Span<byte> commit = pages.AsSpan(4096 + 8); // of the second page
        BinaryPrimitives.WriteInt64LittleEndian(commit, (int)(BinaryPrimitives.ReadUInt32LittleEndian(commit) | 0x8000_0000));
        File.WriteAllBytes(pipe, pages);
        var run = Record(machine, "-o", In("bundle"), "--time", "50ms");
        Assert.Equal(ExitCode.AsExpected, run.Code);
        Assert.Equal("handoff: 1,240 events lost: they came faster than they could be kept\n  hint: try a larger --buffer-size, such as 64M\n", run.Error);
        Assert.Contains("LOST", Run.Of("dump", In("bundle")).Out, StringComparison.Ordinal);
        Assert.Equal(1240, TraceBundle.Find(In("bundle"))!.ReadFacts().Rings[1].Overrun);
    }

    [Theory]
    [InlineData("6.1.0-18-amd64", "HT0603: Linux 6.1.0-18-amd64 has no events of the DMA API\n  hint: Linux 6.12 and later have them")]
    [InlineData("6.18.1", "HT0603: this kernel (6.18.1) was built without events of the DMA API")]
    [InlineData("", "HT0602: there is no tracefs\n  hint: mount -t tracefs nodev /sys/kernel/tracing")]
    public void What_is_missing_is_named(string release, string message)
    {
        using var machine = new FakeMachine(release, events: false, tracefs: release.Length > 0);
        var run = Record(machine, "-o", In("bundle"), "--time", "50ms");
        Assert.Equal((ExitCode.BadInput, ""), (run.Code, run.Out));
        Assert.Contains(message, run.Error, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(_directory));
    }

    [Fact]
    public void A_kernel_that_refuses_is_quoted()
    {
        using var machine = new FakeMachine();
        File.Delete(machine.In($"{FakeMachine.Instance}/buffer_size_kb"));
        var run = Record(machine, "-o", In("bundle"), "--time", "50ms");
        Assert.Equal(ExitCode.BadInput, run.Code);
        Assert.Contains("HT0604: the kernel refuses 8192 for buffer_size_kb", run.Error, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(_directory));
    }

    [Fact]
    public void An_idle_machine_gives_an_empty_recording_and_says_so()
    {
        using var machine = new FakeMachine();
        foreach (string cpu in (string[])["cpu0", "cpu1"])
            File.WriteAllBytes(machine.In($"{FakeMachine.Instance}/per_cpu/{cpu}/trace_pipe_raw"), []);
        machine.Write("dev/kmsg", "");
        var run = Record(machine, "-o", In("bundle"), "--time", "50ms");
        Assert.Equal(ExitCode.AsExpected, run.Code);
        Assert.Contains("no event: nothing was mapped meanwhile", run.Error, StringComparison.Ordinal);
        Assert.Contains("do not tell (any more) where the bounce pool is", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Ctrl_C_ends_the_recording_and_keeps_it()
    {
        using var machine = new FakeMachine();
        using var cancelled = new CancellationTokenSource(TimeSpan.FromMilliseconds(300));
        var run = Run.Of(new Run.Settings(Cancelled: cancelled.Token, Root: machine.Root), "record", "-o", In("bundle"));
        Assert.Equal((ExitCode.AsExpected, ""), (run.Code, run.Error));
        Assert.StartsWith($"{In("bundle")}: 32,032 events", run.Out, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--buffer-size", "much")]
    [InlineData("--buffer-size", "1K")]
    [InlineData("--buffer-size", "1000G")]
    [InlineData("--time", "0")]
    [InlineData("--time", "+2s")]
    [InlineData("--time", "soon")]
    public void Values_that_make_no_sense_are_refused(string option, string value)
    {
        using var machine = new FakeMachine();
        var run = Record(machine, "-o", In("bundle"), option, value);
        Assert.Equal((ExitCode.Usage, ""), (run.Code, run.Out));
        Assert.Contains($"{option}: '{value}' is no", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void An_existing_bundle_is_not_touched()
    {
        using var machine = new FakeMachine();
        Directory.CreateDirectory(In("bundle"));
        File.WriteAllText(Path.Combine(In("bundle"), "mine"), "precious");
        var run = Record(machine, "-o", In("bundle"), "--time", "50ms");
        Assert.Equal(ExitCode.CannotWrite, run.Code);
        Assert.Equal(["mine"], Directory.GetFileSystemEntries(In("bundle")).Select(static entry => Path.GetFileName(entry)));
    }

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    private static Run Record(FakeMachine machine, params string[] args) => Run.Of(new Run.Settings(Root: machine.Root), ["record", .. args]);

    private string In(string name) => Path.Combine(_directory, name);
}
