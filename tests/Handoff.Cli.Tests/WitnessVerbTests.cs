namespace Handoff.Cli.Tests;

/// <summary><c>explain --save-witness</c> and <c>--witness</c>.</summary>
public sealed class WitnessVerbTests : IDisposable
{
    private const string Text = "litmus \"early read\"\nmachine { line 64 }\ndevice d { noncoherent; dma_mask 64; force_bounce no }\nbuffer b = page(64) below 4G;\nx = dma_map_single(d, b, DMA_FROM_DEVICE);\nif (dma_mapping_error(d, x)) return;\nd.write(x, 1);\nb.read();\ndma_unmap_single(d, x, DMA_FROM_DEVICE);\n";

    private readonly string _folder = Directory.CreateTempSubdirectory("handoff-witness").FullName;

    private string File(string name) => Path.Combine(_folder, name);

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_saved_witness_replays()
    {
        var saved = Run.Of(new Run.Settings(Input: Text), "explain", "-", "--save-witness", File("w"));
        Assert.Equal(ExitCode.Differs, saved.Code); // stale, and nobody said so
        var replayed = Run.Of(new Run.Settings(Input: Text), "explain", "-", "--witness", File("w"));
        Assert.Equal((ExitCode.AsExpected, ""), (replayed.Code, replayed.Error));
        Assert.Contains("✓ replayed: ", replayed.Out, StringComparison.Ordinal);
        Assert.Contains("ends in stale", replayed.Out, StringComparison.Ordinal);
        Assert.Contains("✗ stale", replayed.Out, StringComparison.Ordinal);
        Assert.Equal(["w"], Directory.GetFiles(_folder).Select(Path.GetFileName));
    }

    [Fact]
    public void Another_verdict_can_be_saved()
    {
        Run.Of(new Run.Settings(Input: Text), "explain", "-", "--verdict", "contract", "--save-witness", File("w"));
        Assert.Contains("ends in contract", Run.Of(new Run.Settings(Input: Text), "explain", "-", "--witness", File("w")).Out, StringComparison.Ordinal);
    }

    [Fact]
    public void Tampered_and_stale_files_are_refused()
    {
        Run.Of(new Run.Settings(Input: Text), "explain", "-", "--save-witness", File("w"));
        string good = System.IO.File.ReadAllText(File("w"));
        Refused(good, Text.Replace("page(64)", "page(128)", StringComparison.Ordinal), ExitCode.BadInput, "error HW0003: the witness was made of another test");
        Refused(good.Replace("\"linux-6.12\"", "\"linux-6.4\"", StringComparison.Ordinal), Text, ExitCode.BadInput, "error HW0004");
        Refused(good.Replace("\"linux-6.12\"", "\"linux-\\u001b[31m\"", StringComparison.Ordinal), Text, ExitCode.BadInput, "made under 'linux-?[31m', which is no known kernel");
        Refused(good.Replace("\"forced\": false", "\"forced\": true", StringComparison.Ordinal), Text, ExitCode.BadInput, "error HW0005");
        Refused(good.Replace("\"verdict\": \"stale\"", "\"verdict\": \"lost\"", StringComparison.Ordinal), Text, ExitCode.Differs, "error HW0008 at step");
        Refused(good.Replace("writes 1 to x", "writes 9 to x", StringComparison.Ordinal), Text, ExitCode.Differs, "error HW0007 at step");
        Refused(good[..^20], Text, ExitCode.BadInput, "error HW0001: no JSON: wrong at line");
        Refused(good.Replace("handoff-witness/1", "handoff-witness/9", StringComparison.Ordinal), Text, ExitCode.BadInput, "error HW0002");

        void Refused(string file, string test, ExitCode code, string message)
        {
            System.IO.File.WriteAllText(File("bad"), file);
            var run = Run.Of(new Run.Settings(Input: test), "explain", "-", "--witness", File("bad"));
            Assert.Equal(code, run.Code);
            Assert.Contains(message, run.Error, StringComparison.Ordinal);
            Assert.DoesNotContain('\u001b', run.Error + run.Out);
        }
    }

    [Fact]
    public void Options_that_make_no_sense_together_are_refused()
    {
        foreach (string[] more in (string[][])[["--verdict", "stale"], ["--json"], ["--html", File("h")], ["--save-witness", File("v")], ["--on", "coherent"]])
        {
            var run = Run.Of(new Run.Settings(Input: Text), ["explain", "-", "--witness", File("w"), .. more]);
            Assert.Equal(ExitCode.Usage, run.Code);
            Assert.Contains($"--witness and {more[0]} exclude each other", run.Error, StringComparison.Ordinal);
        }

        Assert.Equal(ExitCode.Usage, Run.Of(new Run.Settings(Input: Text), "explain", "-", "--save-witness", File("w"), "-k", "linux-6.4,linux-6.12").Code);
        Assert.Empty(Directory.GetFiles(_folder));
    }

    [Fact]
    public void Places_that_do_not_work_are_named()
    {
        var missing = Run.Of(new Run.Settings(Input: Text), "explain", "-", "--witness", File("nothing"));
        Assert.Equal(ExitCode.BadInput, missing.Code);
        Assert.Contains("cannot be read", missing.Error, StringComparison.Ordinal);
        Assert.Equal(ExitCode.CannotWrite, Run.Of(new Run.Settings(Input: Text), "explain", "-", "--save-witness", "/dev/full").Code);
        Assert.Equal(ExitCode.CannotWrite, Run.Of(new Run.Settings(Input: Text), "explain", "-", "--save-witness", File("no/such/place")).Code);
        var ok = Run.Of(new Run.Settings(Input: Text.Replace("b.read();\n", "", StringComparison.Ordinal)), "explain", "-", "--save-witness", File("w"));
        Assert.Equal(ExitCode.Differs, ok.Code);
        Assert.Contains("there is no witness to save: nothing goes wrong", ok.Error, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(_folder));
    }
}
