namespace Handoff.Tracing.Tests;

public sealed class SmokeTests
{
    [Fact]
    public void AssemblyHasItsName() => Assert.Equal("Handoff.Tracing.Tests", typeof(SmokeTests).Assembly.GetName().Name);
}
