using System.Diagnostics;
using Handoff.Kernels;
using Handoff.Litmus.Exploration;
using Handoff.Litmus.Language;
using Handoff.Litmus.Lowering;

namespace Handoff.Litmus;

/// <summary>Checks a litmus test under one kernel: every behaviour, on every machine that the test leaves open.</summary>
public static class LitmusChecker
{
    /// <summary>Explores a test.</summary>
    /// <param name="test">A bound test (see <see cref="LitmusParser"/>).</param>
    /// <param name="kernel">The kernel.</param>
    /// <param name="options">Bounds and wishes; defaults if omitted.</param>
    /// <param name="cancellation">Ends the search early; what is known then is in the result.</param>
    public static CheckResult Check(
        LitmusTest test, KernelProfile kernel, CheckOptions? options = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(test);
        ArgumentNullException.ThrowIfNull(kernel);
        options ??= new CheckOptions();
        if (options.Memory is null)
            options = options with { Memory = new SearchMemory() }; // machines that decide alike
        long began = Stopwatch.GetTimestamp();
        var variants = new List<VariantResult>();
        LitmusTest? placed = Placed(test, options);
        IEnumerable<MachineVariant> machines = placed is null ? [] : Variants.Of(placed).Where(v => options.Machines.All(v.Satisfies));
        foreach (MachineVariant variant in machines)
        {
            TimeSpan left = options.Timeout < TimeSpan.Zero ? options.Timeout : Max(options.Timeout - Stopwatch.GetElapsedTime(began), TimeSpan.Zero);
            variants.Add(
                cancellation.IsCancellationRequested ? NotSearched(variant, ExplorationOutcome.Cancelled)
                : left == TimeSpan.Zero ? NotSearched(variant, ExplorationOutcome.Timeout)
                : VariantCheck.Run(placed!, kernel, variant, options with { Timeout = left }, cancellation));
        }

        return new CheckResult
        {
            Test = test,
            Kernel = kernel.Name,
            Variants = variants,
            Verdicts = Summarise(variants),
            Elapsed = Stopwatch.GetElapsedTime(began),
        };
    }

    /// <summary>The test on its machine, or on the one asked for; <see langword="null"/> if it says that it is of another kind.</summary>
    internal static LitmusTest? Placed(LitmusTest test, CheckOptions options) =>
        options.On is { } machine ? machine.Place(test) : KnownMachines.Complete(test);

    private static VariantResult NotSearched(MachineVariant machine, ExplorationOutcome why) =>
        new() { Machine = machine, Verdicts = [], Findings = [], Outcome = why };

    private static TimeSpan Max(TimeSpan a, TimeSpan b) => a > b ? a : b;

    internal static List<VerdictResult> Summarise(List<VariantResult> variants) =>
        [.. variants.SelectMany(v => v.Verdicts).GroupBy(v => v.Verdict).OrderByDescending(g => g.Key).Select(g => new VerdictResult(
            g.Key,
            g.Count() == variants.Count && g.All(v => v.Frequency == Frequency.Always) ? Frequency.Always : Frequency.Sometimes)
        {
            Errors = [.. g.SelectMany(v => v.Errors).Distinct().Order()],
        })];
}
