using Handoff.Cli.Verbs;
using Handoff.Kernels;

namespace Handoff.Cli.Tests.Completion;

/// <summary>How a command line may go on, as the scripts of the shells ask.</summary>
public sealed class CandidateTests
{
    [Fact]
    public void Every_verb_and_every_option_is_offered()
    {
        var verbs = VerbList.Create();
        Assert.Equal(verbs.Select(static verb => verb.Name), Offer("").Words);
        foreach (var verb in verbs)
        {
            var options = verb.Options.Where(static option => !option.Hidden).Select(static option => option.Name).Append("--help").Append("--plain");
            Assert.Equal(options, Offer(verb.Name, "--").Words);
        }
    }

    [Theory]
    [InlineData("ch", "check")]
    [InlineData("re", "report redact record replay")]
    [InlineData("check|--f", "--format")]
    [InlineData("check|--format|json|--f", "")]
    [InlineData("check|--format|", "json sarif ktap tap herd")]
    [InlineData("report|x|--format|s", "sarif")]
    [InlineData("check|--on|noncoherent,li", "noncoherent,line64 noncoherent,line128")]
    [InlineData("check|--on|arm64-nc-6", "arm64-nc-6g")]
    [InlineData("machines|arm64-nc-6", "arm64-nc-6g")]
    [InlineData("explain|x|--verdict=l", "--verdict=lost --verdict=leak")]
    [InlineData("replay|x|--bounce|recorded,f", "recorded,force")]
    [InlineData("size|x|--bounce|f", "force")]
    [InlineData("check|--kernel|linux-6.18,linux-6.1", "linux-6.18,linux-6.1 linux-6.18,linux-6.10 linux-6.18,linux-6.12.0 linux-6.18,linux-6.12 linux-6.18,linux-6.13")]
    [InlineData("check|-k|linux-6.4+no", "linux-6.4+no-bounce linux-6.4+no-bounce-attr")]
    [InlineData("check|--kernel|linux-6.4..linux-6.6", "linux-6.4..linux-6.6")]
    [InlineData("check|--kernel|linux-6.12,areas=", "linux-6.12,areas=no linux-6.12,areas=yes")]
    [InlineData("check|--kernel|nonsense=", "")]
    [InlineData("check|--max-states|", "")]
    [InlineData("check|--|--", "")]
    [InlineData("completion|", "bash zsh fish")]
    [InlineData("help|di", "diff")]
    [InlineData("nonsense|", "")]
    [InlineData("-", "--help --version --plain")]
    [InlineData("-h", "-h")]
    public void Words_that_fit(string line, string words) =>
        Assert.Equal(words.Split(' ', StringSplitOptions.RemoveEmptyEntries).Order(), Offer(line.Split('|')).Words.Where(static word => word != "-?").Order());

    [Fact]
    public void Every_kernel_and_add_on_is_offered()
    {
        var names = KernelProfiles.Releases.Concat(KernelProfiles.Variants).Select(static kernel => kernel.Name).Concat(KernelProfiles.AddOns.Select(static addOn => addOn.Name)).Append("all");
        Assert.Equal(names, Offer("check", "--kernel", "").Words);
    }

    [Theory]
    [InlineData("check|")]
    [InlineData("check|a.litmus|")]
    [InlineData("explain|lit")]
    [InlineData("report|")]
    [InlineData("check|--html|")]
    [InlineData("check|--html=")]
    [InlineData("slice|trace.dat|-o|")]
    [InlineData("diff|a|")]
    [InlineData("check|--|")]
    public void Files_where_files_are_wanted(string line) => Assert.Contains("files", Offer(line.Split('|')).Flags, StringComparison.Ordinal);

    [Theory]
    [InlineData("diff|a|b|")]
    [InlineData("check|--kernel|")]
    [InlineData("check|--max-states|")]
    [InlineData("kernels|")]
    public void No_files_elsewhere(string line) => Assert.DoesNotContain("files", Offer(line.Split('|')).Flags, StringComparison.Ordinal);

    [Fact]
    public void Devices_come_from_the_recording()
    {
        string recording = $"{AppContext.BaseDirectory}/Recordings/x86-force-512";
        Assert.Equal(["0000:00:03.0"], Offer("report", recording, "--device", "0000:00:03").Words);
        Assert.Equal(["0000:00:08.0,0000:00:03.0"], Offer("dump", recording, "--device", "0000:00:08.0,0000:00:03").Words);
        Assert.Empty(Offer("report", "/dev/null", "--device", "").Words);
        Assert.Empty(Offer("report", "/no/such", "--device", "").Words);
    }

    [Fact]
    public void Descriptions_are_short() =>
        Assert.All(
            VerbList.Create().SelectMany(static verb => Run.Of("completion", "--words", "--", verb.Name, "--").Out.Split('\n')[1..^1]),
            static line => Assert.InRange(line.Split('\t')[1].Length, 1, 60));

    private static (string Flags, string[] Words) Offer(params string[] words)
    {
        var run = Run.Of(["completion", "--words", "--", .. words]);
        Assert.Equal((ExitCode.AsExpected, ""), (run.Code, run.Error));
        string[] lines = run.Out.Split('\n')[..^1];
        Assert.StartsWith(":", lines[0], StringComparison.Ordinal);
        return (lines[0], [.. lines[1..].Select(static line => line.Split('\t')[0])]);
    }
}
