using CsCheck;
using Handoff.Kernels;
using Handoff.Litmus.Exploration;
using Handoff.Litmus.Language;

namespace Handoff.Litmus.Tests.Checking;

public sealed class RandomTextTests
{
    /// <summary>Whatever a test does, however odd its machine: a verdict or an honest "not known", never an exception.</summary>
    [Fact]
    public void ChecksNeverThrow()
    {
        long iterations = long.TryParse(Environment.GetEnvironmentVariable("HANDOFF_RANDOM_TEXTS"), out long more) ? more : 60;
        KernelProfile[] kernels = [
            .. KernelProfiles.All,
            .. KernelProfiles.ParseList(string.Join(',', KernelProfiles.AddOns.Select(a => $"linux-6.12{a.Name},linux-7.2{a.Name}"))).Profiles,
        ];
        int conclusive = 0, number = 0;
        RandomTexts.Any.Sample(
            text =>
            {
                ParseResult parsed = LitmusParser.Parse(text);
                if (parsed.Diagnostics.Any(d => d.Id == DiagnosticIds.Contradiction))
                    return; // little RAM, and a place beyond it
                Assert.True(parsed.Success, DiagnosticWriter.Format(parsed));
                KernelProfile kernel = kernels[Interlocked.Increment(ref number) % kernels.Length];
                CheckResult result = LitmusChecker.Check(parsed.Test!, kernel, new CheckOptions { MaxStates = 2000 });
                Assert.NotEmpty(result.Variants);
                Assert.All(result.Variants, v => Assert.True(v.Outcome is ExplorationOutcome.Complete or ExplorationOutcome.StateLimit or ExplorationOutcome.OrderLimit or ExplorationOutcome.TooLarge));
                if (result.Conclusive)
                    Interlocked.Increment(ref conclusive);
            },
            iter: iterations);
        Assert.True(conclusive > iterations / 4, $"{conclusive} of {iterations} were seen to the end");
    }
}
