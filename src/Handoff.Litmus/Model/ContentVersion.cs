namespace Handoff.Litmus.Model;

/// <summary>What a cell may hold: never bytes, only who put them there.</summary>
/// <param name="Home">The cell whose content it is, wherever it was copied; <see cref="NoHome"/> for what a previous owner left behind.</param>
/// <param name="Writer">The step that wrote it; <see langword="null"/> for what was there from the start.</param>
/// <param name="Name">Name for stories.</param>
internal readonly record struct ContentVersion(int Home, StepRef? Writer, string Name = "")
{
    public const int NoHome = -1;
}
