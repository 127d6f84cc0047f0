namespace Handoff.Cli.Tests;

/// <summary>What <c>check</c> and <c>explain</c> give out.</summary>
public sealed class CheckVerbTests
{
    private const string Threads = "litmus \"t\"\nmachine { line 64 }\ndevice d { coherent; dma_mask 64; force_bounce no }\nbuffer b = page(64) below 4G;\n";

    [Fact]
    public void A_bound_that_was_reached_is_named()
    {
        string threads = string.Concat(Enumerable.Range(0, 4).Select(t => $"thread t{t} {{ {string.Concat(Enumerable.Repeat("b.write(); ", 8))}}}\n"));
        var run = Run.Of(new Run.Settings(Input: Threads + threads), "check", "-", "--max-states", "100");
        Assert.Equal(ExitCode.Inconclusive, run.Code);
        Assert.Contains("? <stdin> on linux-6.12\n    the bound on states was reached; --max-states raises it", run.Out, StringComparison.Ordinal);
        Assert.Contains("1 inconclusive", run.Out, StringComparison.Ordinal);
    }

    [Fact]
    public void More_orders_of_calls_than_are_tried_are_inconclusive()
    {
        string calls = string.Concat(Enumerable.Range(0, 8).Select(i => $"x{i} = dma_map_page(d, b, DMA_TO_DEVICE);\n"));
        var run = Run.Of(new Run.Settings(Input: $"{Threads}thread x {{ {calls} }}\nthread y {{ {calls.Replace('x', 'y')} }}"), "check", "-", "--max-states", "200");
        Assert.Equal(ExitCode.Inconclusive, run.Code);
        Assert.Contains("the threads can call the mapping layer in more orders than are tried", run.Out, StringComparison.Ordinal);
        Assert.Equal("", run.Error);
    }
}
