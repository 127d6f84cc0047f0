using Handoff.Tracing.Bundles;

namespace Handoff.Cli.Tests.Traces;

public sealed class SliceTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("handoff-slice-").FullName;

    [Theory]
    [InlineData("--from 2s --to 2.4s")]
    [InlineData("--device 0000:00:03.0")]
    [InlineData("--device 0000:00:0[34].0,*:05.0 --from +1s --to +2200ms")]
    [InlineData("--from-marker LAB --to-marker LAB")]
    public void A_slice_holds_what_a_filter_shows(string options)
    {
        options = options.Replace("[34]", "?", StringComparison.Ordinal);
        string slice = In("slice.dat");
        var run = Run.Of(["slice", TraceFiles.Dat, "-o", slice, .. options.Split(' ')]);
        Assert.Equal((ExitCode.AsExpected, ""), (run.Code, run.Error));
        string[] expected = Run.Of(["dump", TraceFiles.Dat, .. options.Split(' ')]).Out.Split('\n');
        string[] got = Run.Of("dump", slice).Out.Split('\n');
        Assert.True(expected.Length > 20);
        // Markers have no device, yet they stay in.
        Assert.Equal(expected, got.Where(line => !options.Contains("device", StringComparison.Ordinal) || !line.Contains("tracing_mark_write", StringComparison.Ordinal)));
        Assert.StartsWith($"{slice}: {got.Length - 1:N0}", run.Out, StringComparison.Ordinal);
        Assert.True(new FileInfo(slice).Length < new FileInfo(TraceFiles.Dat).Length);
        Assert.Equal([slice], Directory.GetFileSystemEntries(_directory));
    }

    [Theory]
    [InlineData("text")]
    [InlineData("six")]
    public void Slices_of_other_formats_say_the_same(string format)
    {
        string source = format == "text" ? TraceFiles.Text : TraceFiles.Six;
        Assert.Equal(ExitCode.AsExpected, Run.Of("slice", source, "-o", In("a.dat"), "--to", "1.5").Code);
        Assert.Equal(WithoutFlags(Run.Of("dump", source, "--to", "1.5").Out), WithoutFlags(Run.Of("dump", In("a.dat")).Out));
        static string WithoutFlags(string text) => System.Text.RegularExpressions.Regex.Replace(text, "flags=[^ ]+", "");
    }

    [Fact]
    public void A_slice_of_a_bundle_keeps_the_facts_but_not_the_counts()
    {
        string source = In("bundle");
        Directory.CreateDirectory(source);
        File.Copy(TraceFiles.Dat, Path.Combine(source, "trace.dat"));
        File.WriteAllText(Path.Combine(source, "machine.txt"), "## uname\nLinux box 6.12.117 #1 SMP aarch64 GNU/Linux\n");
        File.WriteAllText(Path.Combine(source, "trace_stats.txt"), "== cpu 0\nentries: 1\n");
        File.WriteAllText(Path.Combine(source, "notes.txt"), "private\n");
        Assert.Equal(ExitCode.AsExpected, Run.Of("slice", source, "-o", In("part"), "--to", "1").Code);
        Assert.Equal(["machine.txt", "trace.dat"], Directory.GetFiles(In("part")).Select(static file => Path.GetFileName(file)).Order(StringComparer.Ordinal));
        Assert.Equal("6.12.117", TraceBundle.Find(In("part"))!.ReadFacts().KernelRelease);

        // A name with an ending asks for the recording alone, also from inside the bundle.
        Assert.Equal(ExitCode.AsExpected, Run.Of("slice", Path.Combine(source, "trace.dat"), "-o", In("alone.dat"), "--to", "1").Code);
        Assert.True(File.Exists(In("alone.dat")));
        Assert.Equal(Run.Of("dump", In("part")).Out, Run.Of("dump", In("alone.dat")).Out);
    }

    [Fact]
    public void Existing_files_are_not_replaced_unless_asked_for()
    {
        File.WriteAllText(In("mine.dat"), "precious");
        var run = Run.Of("slice", TraceFiles.Dat, "-o", In("mine.dat"));
        Assert.Equal(ExitCode.CannotWrite, run.Code);
        Assert.Contains("mine.dat: exists already\n  hint: --force replaces it", run.Error, StringComparison.Ordinal);
        Assert.Equal("precious", File.ReadAllText(In("mine.dat")));
        Assert.Equal(ExitCode.AsExpected, Run.Of("slice", TraceFiles.Dat, "-o", In("mine.dat"), "--to", "1", "--force").Code);
        Assert.NotEqual("precious", File.ReadAllText(In("mine.dat")));
    }

    [Fact]
    public void Interruption_leaves_nothing_behind()
    {
        using var cancelled = new CancellationTokenSource();
        cancelled.Cancel();
        var run = Run.Of(new Run.Settings(Cancelled: cancelled.Token), "slice", TraceFiles.Dat, "-o", In("a.dat"));
        Assert.Equal(ExitCode.Inconclusive, run.Code);
        Assert.Empty(Directory.GetFileSystemEntries(_directory));
    }

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    private string In(string name) => Path.Combine(_directory, name);
}
